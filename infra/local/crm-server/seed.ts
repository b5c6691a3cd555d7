/**
 * The sample's people and payments: made by counting, so that every run of every test sees the same ones.
 * Nobody in here exists: reserved domains (RFC 2606), 555-01xx numbers, social security numbers from areas that were
 * never assigned by place (881-899), and card numbers that the card schemes publish for testing.
 */
export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly ssn: string;
  readonly card: string;
  readonly city: string;
  readonly notes: string;
}

export interface Payment {
  readonly id: string;
  readonly customer_id: string;
  /** Whole US dollars. */
  readonly amount: number;
  readonly paid_on: string;
  readonly description: string;
}

/** Change it whenever the seed changes: a data folder with another version is seeded anew. */
export const seedVersion = 1;

const customerCount = 1_000;
const paymentsPerCustomer = 5;

const firstNames = [
  'Ada Bruno Clara Diego Elif Farid Greta Hugo Ines Jonas',
  'Kaia Liam Mira Nils Olga Pablo Quinn Rosa Sven Tara',
].flatMap((line) => line.split(' '));

const lastNames = [
  'Abbott Bergman Castillo Dahl Eriksen Farrow Gallo Holm Ivanov Jensen',
  'Keller Lindqvist Moreau Novak Okafor Petrov Quist Rossi Silva Tanaka',
  'Ueda Vance Weber Xu Yilmaz Zeman Arnold Bishop Cole Drake',
  'Ellis Frost Grant Hale Irwin Joyce Knox Lowe Marsh Nash',
  'Osborn Pryor Reed Shaw Todd Upton Vega Walsh York Zimmer',
].flatMap((line) => line.split(' '));

const cities = 'Portland Austin Denver Chicago Boston Seattle Atlanta Phoenix Detroit Tampa'.split(' ');
const domains = ['example.com', 'example.org', 'example.net'];
const areaCodes = ['202', '212', '303', '312', '404', '415', '503', '602', '617', '713'];

/** Published test numbers of the card schemes; each passes Luhn. */
const cards = [
  '4242424242424242',
  '4111111111111111',
  '4012888888881881',
  '5555555555554444',
  '5105105105105100',
  '2223003122003222',
  '378282246310005',
  '371449635398431',
  '6011111111111117',
  '6011000990139424',
  '3056930009020004',
  '3566002020360505',
];

const descriptions = ['Annual plan', 'Extra seats', 'Support hours', 'Training day', 'Data import'];

export function makeCustomers(): Customer[] {
  return Array.from({ length: customerCount }, (_, index) => makeCustomer(index));
}

export function makePayments(): Payment[] {
  return Array.from({ length: customerCount * paymentsPerCustomer }, (_, index) => makePayment(index));
}

function makeCustomer(index: number): Customer {
  const first = pick(firstNames, index);
  const last = pick(lastNames, Math.floor(index / firstNames.length));
  const contact = {
    email: `${first}.${last}@${pick(domains, index)}`.toLowerCase(),
    phone: `+1-${pick(areaCodes, Math.floor(index / 100))}-555-01${pad(index % 100, 2)}`,
    ssn: `${881 + (index % 19)}-${pad(1 + (index % 97), 2)}-${pad(1_000 + index, 4)}`,
  };
  return {
    id: customerId(index),
    name: `${first} ${last}`,
    ...contact,
    card: pick(cards, index),
    city: pick(cities, index),
    notes: makeNotes(index, contact),
  };
}

/** Free text as support staff write it: now and then with what should not stand there. */
function makeNotes(index: number, contact: { email: string; phone: string; ssn: string }): string {
  switch (index % 10) {
    case 3:
      return `Call back on ${contact.phone}.`;
    case 5:
      return `Identity checked by phone, SSN ${contact.ssn}.`;
    case 7:
      return `Wants invoices at ${contact.email}.`;
    default:
      return '';
  }
}

/** The first payment of each customer is over 500, the others are smaller: the sample's policy turns on that. */
function makePayment(index: number): Payment {
  const ordinal = index % paymentsPerCustomer;
  return {
    id: `P-${50_001 + index}`,
    customer_id: customerId(Math.floor(index / paymentsPerCustomer)),
    amount: ordinal === 0 ? 600 + ((index * 37) % 1_400) : 20 + ((index * 53) % 430),
    paid_on: `2026-${pad(1 + (index % 10), 2)}-${pad(1 + (index % 28), 2)}`,
    description: pick(descriptions, index),
  };
}

function customerId(index: number): string {
  return `C-${1_001 + index}`;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function pick(values: readonly string[], index: number): string {
  const value = values[index % values.length];
  if (value === undefined) throw new Error('pick from an empty list');
  return value;
}
