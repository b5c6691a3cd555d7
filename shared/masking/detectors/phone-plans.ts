/**
 * Is this a telephone number of some country? The numbering plans are those of libphonenumber-js, its smallest set, read
 * when the first candidate comes and compiled country by country: a whole parse of that library takes as long as the
 * masking of a page of text. Says nothing about who has the number, and keeps none.
 */
import { createRequire } from 'node:module';
import type { CountryCode, MetadataJson } from 'libphonenumber-js/core';

/** National forms of these regions are found without a name nearby; of the others, their international form is. */
export const NATIONAL_REGIONS: readonly CountryCode[] = [
  ...(['GB', 'DE', 'FR', 'IT', 'NL', 'BE', 'CH', 'AT', 'SE', 'FI', 'IE'] as const),
  ...(['AU', 'NZ', 'ZA', 'JP', 'KR', 'IN', 'TR', 'IL'] as const),
];

interface Plan {
  /** Of a national number without its trunk prefix. */
  readonly pattern: RegExp;
  /** Digits that stand before a number dialled within the country; empty where there are none. */
  readonly trunk: string;
  readonly lengths: readonly number[];
}

/** Where an entry of the metadata has what (METADATA.md of the library). */
const PATTERN = 2;
const LENGTHS = 3;
const TRUNK = 5;
const MAX_CALLING_CODE = 3;

let metadata: MetadataJson | undefined;
const plans = new Map<string, Plan>();
const plansByCode = new Map<string, readonly Plan[]>();

function readMetadata(): MetadataJson {
  const read: MetadataJson = metadata ?? createRequire(import.meta.url)('libphonenumber-js/metadata.min.json');
  metadata = read;
  return read;
}

/** `digits`: calling code first, without the plus. `mayBeNew`: the right length is enough, plans grow. */
export function isInternational(digits: string, mayBeNew: boolean): boolean {
  // No calling code is the beginning of another (ITU-T E.164).
  for (let length = 1; length <= MAX_CALLING_CODE; length += 1) {
    const plansOfCode = plansByCode.get(digits.slice(0, length)) ?? readPlansOf(digits.slice(0, length));
    if (plansOfCode.length > 0) return plansOfCode.some((plan) => isInPlan(digits.slice(length), plan, mayBeNew));
  }
  return false;
}

/** `digits`: as dialled within one of the regions. */
export function isNational(digits: string, regions: readonly CountryCode[] = NATIONAL_REGIONS): boolean {
  return regions.some((region) => {
    const plan = planOf(region, readMetadata().countries[region]);
    return plan !== undefined && isInPlan(digits, plan, false);
  });
}

/** A code that nobody has is kept too: there are only a thousand. */
function readPlansOf(code: string): readonly Plan[] {
  const { country_calling_codes: regionsOf, countries, nonGeographic } = readMetadata();
  const entries: readonly (readonly [string, unknown])[] = Object.hasOwn(regionsOf, code)
    ? (regionsOf[code] ?? []).map((region) => [region, countries[region]])
    : [[code, nonGeographic[code]]];
  const read = entries.flatMap(([name, entry]) => planOf(name, entry) ?? []);
  plansByCode.set(code, read);
  return read;
}

function planOf(name: string, entry: unknown): Plan | undefined {
  const known = plans.get(name);
  if (known !== undefined || !Array.isArray(entry)) return known;
  const [pattern, lengths, trunk]: readonly unknown[] = [entry[PATTERN], entry[LENGTHS], entry[TRUNK]];
  if (typeof pattern !== 'string') return undefined;
  const plan = {
    pattern: new RegExp(`^(?:${pattern})$`),
    trunk: typeof trunk === 'string' ? trunk : '',
    lengths: Array.isArray(lengths) ? lengths.filter((length) => typeof length === 'number') : [],
  };
  plans.set(name, plan);
  return plan;
}

/** Some write the trunk prefix in the international form as well: `+44 (0)20 …`. */
function isInPlan(digits: string, { pattern, trunk, lengths }: Plan, mayBeNew: boolean): boolean {
  const fits = (number: string) => pattern.test(number) || (mayBeNew && lengths.includes(number.length));
  return fits(digits) || (trunk !== '' && digits.startsWith(trunk) && fits(digits.slice(trunk.length)));
}
