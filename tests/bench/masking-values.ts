/**
 * Values for the held-out documents, made by other means than those the detectors were written against: numbers of other
 * issuers and countries, telephone numbers by the examples of libphonenumber, secrets of other makers and forms. Nobody
 * tunes a detector on these; when one is missed, its whole kind is looked at.
 */
import examples from 'libphonenumber-js/examples.mobile.json';
import { type CountryCode, getExampleNumber, isValidPhoneNumber } from 'libphonenumber-js/max';
import { NATIONAL_REGIONS } from '../../shared/masking/detectors/phone-plans.ts';
import { below, from, pick, type Random } from './masking-random.ts';

/** `text` goes into a document; `value` is what of it must go. */
export interface Made {
  readonly text: string;
  readonly value: string;
}

const whole = (text: string): Made => ({ text, value: text });
const around = (before: string, value: string, after = ''): Made => ({ text: before + value + after, value });

const DIGITS = '0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = UPPER.toLowerCase();
const ALNUM = DIGITS + UPPER + LOWER;
const BASE64 = `${ALNUM}+/`;
const HEX = '0123456789abcdef';

/** The digit that makes a number right by Luhn, tried one after the other. */
function luhn(body: string): string {
  const isRight = (number: string) =>
    [...number].reverse().reduce((sum, digit, at) => {
      const twice = Number(digit) * (at % 2 === 0 ? 1 : 2);
      return sum + Math.floor(twice / 10) + (twice % 10);
    }, 0) %
      10 ===
    0;
  return [...DIGITS].map((digit) => body + digit).find(isRight) ?? body;
}

const ISSUERS: readonly (readonly [prefix: string, length: number, groups: readonly number[]])[] = [
  ['34', 15, [4, 6, 5]],
  ['37', 15, [4, 6, 5]],
  ['36', 14, [4, 6, 4]],
  ['6011', 16, [4, 4, 4, 4]],
  ['65', 16, [4, 4, 4, 4]],
  ['3566', 16, [4, 4, 4, 4]],
  ['62', 16, [4, 4, 4, 4]],
  ['62', 19, [4, 4, 4, 4, 3]],
  ['6759', 16, [4, 4, 4, 4]],
  ['2204', 16, [4, 4, 4, 4]],
  ['2720', 16, [4, 4, 4, 4]],
  ['53', 16, [4, 4, 4, 4]],
  ['4', 19, [4, 4, 4, 4, 3]],
  ['4', 16, [4, 4, 4, 4]],
];

export function cardDigits(random: Random): { readonly number: string; readonly groups: readonly number[] } {
  const [prefix, length, groups] = pick(random, ISSUERS);
  return { number: luhn(prefix + from(random, DIGITS, length - prefix.length - 1)), groups };
}

function makeCard(random: Random): Made {
  const { number, groups } = cardDigits(random);
  const by = pick(random, ['', '', ' ', '-', '.']);
  const starts = groups.map((_, index) => groups.slice(0, index).reduce((sum, size) => sum + size, 0));
  const text = groups.map((size, index) => number.slice(starts[index] ?? 0, (starts[index] ?? 0) + size)).join(by);
  if (by !== '') return whole(text);
  return around(
    pick(random, ['card ', 'Visa/MC no. ', 'paid by ', 'cc=', 'pan:']),
    text,
    pick(random, ['', ' exp 04/29']),
  );
}

/** The BBAN of each country, as ISO 13616 writes it: n digits, a capitals, c either. */
const BBANS: Readonly<Record<string, string>> = {
  ...{ GB: '4a14n', FR: '10n11c2n', NL: '4a10n', ES: '20n', IT: '1a10n12c', NO: '11n', MT: '4a5n18c', CH: '5n12c' },
  ...{ SE: '20n', BE: '12n', PL: '24n', AE: '19n', SA: '2n18c', PT: '21n', IE: '4a14n', LU: '3n13c', TR: '6n16c' },
};

function makeIban(random: Random): Made {
  const [country, form] = pick(random, Object.entries(BBANS));
  const bban = [...form.matchAll(/(\d+)([anc])/g)]
    .map(([, count, kind]) =>
      from(random, kind === 'n' ? DIGITS : kind === 'a' ? UPPER : DIGITS + UPPER, Number(count)),
    )
    .join('');
  const remainder = [...`${bban}${country}00`].reduce(
    (left, each) => Number(`${left}${Number.parseInt(each, 36)}`) % 97,
    0,
  );
  const iban = `${country}${String(98 - remainder).padStart(2, '0')}${bban}`;
  return whole(pick(random, [iban, iban.replace(/.{4}(?=.)/g, '$& '), iban.toLowerCase()]));
}

function makeSsn(random: Random): Made {
  const area = pick(random, [1 + below(random, 665), 667 + below(random, 233)]);
  const parts = [String(area).padStart(3, '0'), String(1 + below(random, 99)).padStart(2, '0')];
  const serial = String(1 + below(random, 9_999)).padStart(4, '0');
  const form = below(random, 4);
  if (form === 0)
    return around(pick(random, ['SSN ', 'ssn: ', 'social security number is ', 'SSN# ']), [...parts, serial].join(''));
  return whole([...parts, serial].join(pick(random, ['-', '-', ' '])));
}

function makeEmail(random: Random): Made {
  const name = () => from(random, LOWER, 3 + below(random, 7));
  const local = pick(random, [
    () => `${name()}_${name()}`,
    () => `${name()}+${from(random, DIGITS, 4)}`,
    () => `${from(random, UPPER, 1)}${name()}.${from(random, UPPER, 1)}.${name()}`,
    () => `o'${name()}`,
    () => `${name()}${from(random, DIGITS, 2)}`,
    () => `jörg.${name()}`,
  ])();
  const domain = pick(random, [
    `${name()}.photography`,
    `mail.${name()}.de`,
    `${name()}-${name()}.io`,
    `${name()}.ac.jp`,
  ]);
  return whole(`${local}@${domain}`);
}

const COUNTRIES = Object.keys(examples) as readonly CountryCode[];

/** An example of a country's mobile numbers with its last digits changed, as long as it stays one. */
function makeNumber(random: Random, country: CountryCode) {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const example = getExampleNumber(country, {
      ...examples,
      [country]: examples[country].slice(0, -3) + from(random, DIGITS, 3),
    });
    if (example !== undefined && isValidPhoneNumber(example.number)) return example;
  }
  return getExampleNumber(country, examples);
}

function makePhone(random: Random): Made {
  const form = below(random, 4);
  const country = form === 2 ? pick(random, NATIONAL_REGIONS) : pick(random, COUNTRIES);
  const number = makeNumber(random, country);
  if (number === undefined) throw new RangeError(`no example number of ${country}`);
  if (form === 0) return whole(number.number);
  if (form === 1) return whole(number.formatInternational());
  if (form === 2) {
    const national = number.formatNational();
    // Without a trunk prefix it is digits like any others: then people write what it is.
    return national.startsWith('0') || national.startsWith('(0') ? whole(national) : around('Tel. ', national);
  }
  return around(
    pick(random, ['phone: ', 'Tel. ', 'mobile ', 'call my cell ', 'WhatsApp: ', 'fax ']),
    number.formatNational(),
  );
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const TOKEN = `${ALNUM}-_`;

function makeJwt(random: Random): Made {
  const header = encode({
    typ: 'JWT',
    kid: from(random, ALNUM, 12),
    alg: pick(random, ['HS256', 'EdDSA', 'PS384', 'ES512']),
  });
  const claims = encode({
    iss: 'https://idp.example',
    aud: from(random, LOWER, 8),
    exp: 1_800_000_000 + below(random, 9_999),
  });
  const encrypted = encode({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT' });
  return whole(
    below(random, 4) === 0
      ? [
          encrypted,
          from(random, TOKEN, 86),
          from(random, TOKEN, 16),
          from(random, TOKEN, 120),
          from(random, TOKEN, 22),
        ].join('.')
      : [header, claims, from(random, TOKEN, pick(random, [43, 86, 128]))].join('.'),
  );
}

function makePem(random: Random): Made {
  const label = pick(random, [
    'RSA PRIVATE KEY',
    'EC PRIVATE KEY',
    'OPENSSH PRIVATE KEY',
    'ENCRYPTED PRIVATE KEY',
    'DSA PRIVATE KEY',
  ]);
  const headers = label.startsWith('RSA')
    ? ['Proc-Type: 4,ENCRYPTED', `DEK-Info: AES-128-CBC,${from(random, '0123456789ABCDEF', 32)}`, '']
    : [];
  const lines = Array.from({ length: 2 + below(random, 6) }, () => from(random, BASE64, 70));
  return whole(
    [`-----BEGIN ${label}-----`, ...headers, ...lines, `${from(random, BASE64, 22)}==`, `-----END ${label}-----`].join(
      '\n',
    ),
  );
}

const WORDS = [
  'correct',
  'horse',
  'battery',
  'staple',
  'lantern',
  'Quebec',
  'marble',
  'otter',
  'violet',
  'Summer',
  'dragon',
];
const SIGNS = '!#$%*?^~&';

function makePassword(random: Random): string {
  const word = () => pick(random, WORDS);
  return pick(random, [
    () => `${word()}${from(random, DIGITS, 4)}${from(random, SIGNS, 1)}`,
    () => `${word()}-${word()}-${from(random, DIGITS, 2)}`,
    () => from(random, ALNUM + SIGNS, 12),
    () => `P@${word()}${from(random, DIGITS, 2)}`,
  ])();
}

const SECRETS: readonly ((random: Random) => Made)[] = [
  (random) =>
    around('AccountName=logs;AccountKey=', `${from(random, BASE64, 86)}==`, ';EndpointSuffix=core.windows.net'),
  (random) =>
    around(
      'Endpoint=sb://q.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=',
      `${from(random, BASE64, 43)}=`,
    ),
  (random) =>
    around('AccountEndpoint=https://c.documents.azure.com:443/;AccountKey=', `${from(random, BASE64, 86)}==`, ';'),
  (random) => around('Server=tcp:s.database.windows.net;User ID=app;Password=', makePassword(random), ';Encrypt=True'),
  (random) => around('postgresql://app:', from(random, ALNUM, 16), '@db.example:5432/x'),
  (random) => around('mongodb+srv://svc:', from(random, ALNUM, 20), '@c0.abcde.mongodb.net/x'),
  (random) => around('cache.redis.cache.windows.net:6380,password=', `${from(random, BASE64, 43)}=`, ',ssl=True'),
  (random) =>
    around(
      'https://logs.blob.core.windows.net/a?sv=2024-11-04&se=2027-01-01&sp=r&sig=',
      from(random, ALNUM, 43),
      '%3D',
    ),
  (random) => around('aws_secret_access_key = ', from(random, BASE64, 40)),
  (random) => around('X-Api-Key: ', from(random, HEX, 32)),
  (random) => around('Authorization: Bearer ', from(random, ALNUM, 48)),
  (random) => around('client_secret: ', `${from(random, ALNUM, 3)}8Q~${from(random, `${ALNUM}_.~-`, 33)}x`),
  (random) => around('the password is ', makePassword(random)),
  (random) => around('Password: ', makePassword(random)),
  (random) => around('password = "', `${pick(random, WORDS)} ${pick(random, WORDS)} ${pick(random, WORDS)}`, '"'),
  (random) => around('db_password:\n  ', makePassword(random), '\n'),
  (random) => whole(`github_pat_${from(random, ALNUM, 22)}_${from(random, ALNUM, 59)}`),
  (random) => whole(`npm_${from(random, ALNUM, 36)}`),
  (random) => whole(`SG.${from(random, TOKEN, 21)}x.${from(random, TOKEN, 42)}x`),
  (random) => whole(`sk-ant-api03-${from(random, TOKEN, 92)}AA`),
  (random) => whole(`hvs.${from(random, ALNUM, 24)}`),
  (random) => whole(`dop_v1_${from(random, HEX, 64)}`),
  (random) => whole(`shpat_${from(random, HEX, 32)}`),
  (random) => whole(`AIza${from(random, ALNUM, 35)}`),
  (random) => whole(`pypi-AgEIcHlwaS5vcmc${from(random, ALNUM, 60)}`),
  (random) =>
    around(
      'https://',
      `hooks.slack.com/services/T${from(random, UPPER, 8)}/B${from(random, UPPER, 8)}/${from(random, ALNUM, 24)}`,
    ),
];

export const HELD_OUT_VALUES: Readonly<Record<string, (random: Random) => Made>> = {
  ...{ card: makeCard, iban: makeIban, 'us-ssn': makeSsn, email: makeEmail, phone: makePhone, jwt: makeJwt },
  ...{ 'private-key': makePem, secret: (random: Random) => pick(random, SECRETS)(random) },
};
