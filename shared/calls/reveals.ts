/**
 * Which classes of data policy lets this caller see in clear, on this server and from this tool (DESIGN §4): asked only
 * where something of a class stands, and once for each. An answer to anything but a tool's call has no tool.
 */
import type { PolicyEngine } from '../policy/engine.ts';
import type { Admitted } from './received.ts';

export interface Reveals {
  has(className: string): boolean;
  /** Classes that were asked for and are revealed. */
  readonly shown: readonly string[];
}

export function createReveals(
  { policy }: { readonly policy: PolicyEngine },
  { asker, server, facts }: Pick<Admitted, 'asker' | 'server' | 'facts'>,
): Reveals {
  const tool = facts.method === 'tools/call' ? facts.target : undefined;
  const asked = new Map<string, boolean>();
  return {
    has(className) {
      const known = asked.get(className);
      if (known !== undefined) return known;
      const question = { server: server.name, class: className, ...(tool === undefined ? {} : { tool }) };
      const may = policy.mayReveal(asker, question);
      asked.set(className, may);
      return may;
    },
    get shown() {
      return [...asked].flatMap(([className, may]) => (may ? [className] : []));
    },
  };
}
