/**
 * A value as columns of Azure Table Storage, both ways by one schema: a member is a column of its name, and a time,
 * `createdMs`, is ISO text in `created`, for people who look at the table. What a column can't hold is refused before it
 * is sent; what was read in another shape is named by its members, never by their content.
 */
import * as z from 'zod';

export interface Keys {
  readonly partitionKey: string;
  readonly rowKey: string;
}

export type Entity = Keys & Readonly<Record<string, string | number>>;

/** Every member of `T`, also the optional ones: a schema that forgot one would drop it in silence. */
export type Members<T> = { readonly [K in keyof Required<T>]: z.ZodType };

type Column = z.ZodType<unknown, string | number | undefined>;

export interface Columns<T> {
  /** Throws for what the schema does not know (a bug) and a `RangeError` for text that a column can't hold. */
  format(keys: Keys, value: T): Entity;
  /** The value, or which members are wrong. */
  parse(entity: Readonly<Record<string, unknown>>): { readonly value: T } | { readonly wrong: string };
}

/** A text property holds 64 KiB of UTF-16. */
export const MAX_COLUMN_CHARACTERS = 32_768;

export const time = z.codec(z.iso.datetime({ precision: 3 }), z.int(), {
  decode: (text) => Date.parse(text),
  encode: (ms) => new Date(ms).toISOString(),
});

/** For people who look at the table, too. */
export const yesOrNo = z.codec(z.enum(['yes', 'no']), z.boolean(), {
  decode: (text) => text === 'yes',
  encode: (value) => (value ? 'yes' : 'no'),
});

/**
 * What is nested, as JSON; and somebody's own words, which may hold half a surrogate pair and come back as they were.
 * JSON lets U+2028 and U+2029 stand; escaped, they end no line where a batch is read line by line.
 */
export function json<S extends z.ZodType>(schema: S) {
  return z.codec(z.string(), schema, {
    decode: (text, context): z.input<S> => {
      try {
        return JSON.parse(text);
      } catch {
        context.issues.push({ code: 'custom', message: 'not JSON', input: undefined });
        return z.NEVER;
      }
    },
    encode: (value) => JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029'),
  });
}

export function createColumns<S extends z.ZodObject<Readonly<Record<string, Column>>>>(
  schema: S,
): Columns<z.output<S>> {
  const members = Object.keys(schema.shape).map((member) => [member, member.replace(/Ms$/, '')] as const);
  return {
    format(keys, value) {
      const encoded: Readonly<Record<string, unknown>> = z.encode(schema, value);
      const columns = members.flatMap(([member, column]) => {
        const content = encoded[member];
        return typeof content === 'string' || typeof content === 'number' ? [[column, content] as const] : [];
      });
      for (const [column, content] of columns) refuseUnstorable(column, content);
      return { ...Object.fromEntries(columns), ...keys };
    },
    parse(entity) {
      const present = members.filter(([, column]) => entity[column] !== undefined && entity[column] !== null);
      const read = z.safeParse(schema, Object.fromEntries(present.map(([member, column]) => [member, entity[column]])));
      if (read.success) return { value: read.data };
      return { wrong: [...new Set(read.error.issues.map((issue) => issue.path.join('.')))].join(', ') };
    },
  };
}

/** The service would refuse too long text; half a surrogate pair would come back as another character. */
function refuseUnstorable(column: string, content: string | number): void {
  if (typeof content === 'number') return;
  if (content.length > MAX_COLUMN_CHARACTERS) {
    throw new RangeError(`${column} is longer than the ${MAX_COLUMN_CHARACTERS} characters that a column holds`);
  }
  if (!content.isWellFormed()) throw new RangeError(`${column} holds half a surrogate pair`);
}
