/**
 * A secret's value, wrapped so that it can't slip into a log, an error or a record: printing, inspecting or
 * serialising it gives `[secret]`. Only `reveal` gives the value, and only the upstream request builder calls it.
 */
import { inspect } from 'node:util';

const MASK = '[secret]';

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
