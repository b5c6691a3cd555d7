/**
 * Evaluates what a snapshot leaves symbolic, as Resource Manager would on deployment: `[format('https://{0}', …)]`. Knows
 * the functions that the template uses and no others; what a resource only says once it is there comes in as a port.
 */

/** A property of a resource, as `reference` answers it: `reference('{id}', …).primaryEndpoints.blob`. */
export type Facts = (resourceId: string, path: string) => unknown;

export function evaluate(text: string, facts: Facts): unknown {
  if (!text.startsWith('[') || text.startsWith('[[')) return text;
  const reader = createReader(text.slice(1, -1), facts);
  const value = reader.expression();
  reader.end();
  return value;
}

const AZURE = {
  authentication: { loginEndpoint: 'https://login.microsoftonline.com/' },
  portal: 'https://portal.azure.com',
};

function createReader(text: string, facts: Facts) {
  let at = 0;
  const fail = (): never => {
    throw new SyntaxError(`not an expression that is known here, from ${at}: ${text}`);
  };
  const skip = (): void => {
    while (text[at] === ' ') at += 1;
  };
  const take = (pattern: RegExp): string | undefined => {
    skip();
    const match = new RegExp(pattern, 'y');
    match.lastIndex = at;
    const found = match.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };

  function expression(): unknown {
    const literal = take(/'(?:[^']|'')*'/);
    if (literal !== undefined) return follow(literal.slice(1, -1).replaceAll("''", "'"));
    const number = take(/-?\d+/);
    if (number !== undefined) return Number(number);
    const name = take(/[a-zA-Z]+/) ?? fail();
    take(/\(/) ?? fail();
    const args: unknown[] = [];
    while (take(/\)/) === undefined) {
      if (args.length > 0) take(/,/) ?? fail();
      args.push(expression());
    }
    if (name === 'reference') return facts(String(args[0]), (take(/(?:\.[a-zA-Z]+)+/) ?? fail()).slice(1));
    return follow(call(name, args));
  }

  /** `.name` and `[0]` behind a value. */
  function follow(value: unknown): unknown {
    const step = take(/\.[a-zA-Z]+/)?.slice(1) ?? take(/\[\d+\]/)?.slice(1, -1);
    if (step === undefined) return value;
    if (typeof value !== 'object' || value === null) return fail();
    return follow(Reflect.get(value, step));
  }

  function call(name: string, args: readonly unknown[]): unknown {
    const [first, ...rest] = args.map(String);
    switch (name) {
      case 'format':
        return (first ?? '').replace(/\{(\d+)\}/g, (_, index) => rest[Number(index)] ?? fail());
      case 'split':
        return (first ?? '').split(rest[0] ?? fail());
      case 'replace':
        return (first ?? '').replaceAll(rest[0] ?? fail(), rest[1] ?? fail());
      case 'coalesce':
        return args.find((arg) => arg !== null);
      case 'environment':
        return AZURE;
      default:
        return fail();
    }
  }

  return {
    expression,
    end() {
      skip();
      if (at !== text.length) fail();
    },
  };
}
