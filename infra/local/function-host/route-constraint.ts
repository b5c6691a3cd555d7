/**
 * The inline constraints of ASP.NET Core routes that the Functions host knows: `{id:int}`, `{name:length(2,5)}` and so
 * on. Pure. `datetime` takes ISO 8601 only, and `regex` is JavaScript's, which differs from .NET's at its edges.
 */
export type Constraint = (value: string) => boolean;

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)$/;
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const GUID = /^(\{|\()?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}(\}|\))?$/i;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

const plain: Readonly<Record<string, Constraint>> = {
  int: (value) => isInteger(value, 31n),
  long: (value) => isInteger(value, 63n),
  bool: (value) => /^(true|false)$/i.test(value),
  guid: (value) => GUID.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  decimal: (value) => DECIMAL.test(value),
  double: (value) => FLOAT.test(value),
  float: (value) => FLOAT.test(value),
  datetime: (value) => ISO_DATE.test(value) && !Number.isNaN(Date.parse(value)),
  required: (value) => value !== '',
};

/** `undefined` when there is no such constraint or its argument does not fit. */
export function findConstraint(kind: string, argument: string | undefined): Constraint | undefined {
  if (argument === undefined) return Object.hasOwn(plain, kind) ? plain[kind] : undefined;
  if (kind === 'regex') return findPattern(argument);
  const numbers = argument.split(',').map((part) => part.trim());
  if (!numbers.every((part) => /^-?\d+$/.test(part))) return undefined;
  const [low, high] = numbers.map(BigInt);
  if (low === undefined || numbers.length > 2) return undefined;
  if (kind === 'length' && high !== undefined) return (value) => isWithin(BigInt(value.length), low, high);
  if (kind === 'range' && high !== undefined) {
    return (value) => isInteger(value, 63n) && isWithin(BigInt(value), low, high);
  }
  if (high !== undefined) return undefined;
  if (kind === 'length') return (value) => BigInt(value.length) === low;
  if (kind === 'minlength') return (value) => BigInt(value.length) >= low;
  if (kind === 'maxlength') return (value) => BigInt(value.length) <= low;
  if (kind === 'min') return (value) => isInteger(value, 63n) && BigInt(value) >= low;
  if (kind === 'max') return (value) => isInteger(value, 63n) && BigInt(value) <= low;
  return undefined;
}

function findPattern(source: string): Constraint | undefined {
  try {
    // A brace inside a template is written twice.
    const pattern = new RegExp(source.replaceAll('{{', '{').replaceAll('}}', '}'), 'i');
    return (value) => pattern.test(value);
  } catch {
    return undefined;
  }
}

function isInteger(value: string, bits: bigint): boolean {
  if (!/^-?\d{1,19}$/.test(value)) return false;
  return isWithin(BigInt(value), -(1n << bits), (1n << bits) - 1n);
}

function isWithin(value: bigint, low: bigint, high: bigint): boolean {
  return value >= low && value <= high;
}
