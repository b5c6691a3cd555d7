/**
 * What a check of `sallyport doctor` finds: a line each, and for all that is not well what to do about it. A check looks,
 * and changes nothing. Texts are our own words, names and numbers: never what a service said, which may hold a secret.
 */

export type Finding =
  | { readonly status: 'ok'; readonly name: string; readonly detail: string }
  | {
      readonly status: 'warn' | 'fail';
      readonly name: string;
      readonly detail: string;
      /** What to do, in the words of whoever has to. */
      readonly advice: string;
    };

export interface Check {
  /** Stands in the finding where the check itself comes to nothing. */
  readonly name: string;
  /** May reject: that is a finding too. `signal` ends with the check's deadline. */
  readonly look: (signal: AbortSignal) => Promise<readonly Finding[]>;
}

export function well(name: string, detail: string): Finding {
  return { status: 'ok', name, detail };
}

export function doubt(name: string, detail: string, advice: string): Finding {
  return { status: 'warn', name, detail, advice };
}

export function broken(name: string, detail: string, advice: string): Finding {
  return { status: 'fail', name, detail, advice };
}

/** `3 queues`; the noun takes an s. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
