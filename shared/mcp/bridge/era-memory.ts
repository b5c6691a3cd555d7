/**
 * Which era an upstream refused, per process and for a bounded time (issue "MCP, whole", point 5): configured, or learned
 * from how it answered. What it accepts needs no memory: a message goes out as it came unless its era is known to be refused.
 */
import type { ServerConfig } from '../../config/config.ts';
import type { Era } from '../protocol.ts';

export interface EraMemory {
  /** Whether the upstream is known not to speak this era: by configuration, or as learned. */
  lacks(server: ServerConfig, era: Era): 'configured' | 'learned' | undefined;
  /** Learned: the upstream refused this era, and took the other one. */
  note(server: ServerConfig, era: Era): void;
  /** What was learned is contradicted by what the upstream says now. */
  forget(server: ServerConfig): void;
}

/** An upstream that is upgraded is noticed after this long at the latest. */
const LEARNED_FOR_MS = 600_000;

export function createEraMemory(nowMs: () => number): EraMemory {
  const learned = new Map<string, { readonly lacking: Era; readonly untilMs: number }>();
  return {
    lacks({ name, protocol }, era) {
      if (protocol !== 'auto') return protocol === era ? undefined : 'configured';
      const known = learned.get(name);
      if (known === undefined || known.lacking !== era) return undefined;
      if (known.untilMs > nowMs()) return 'learned';
      learned.delete(name);
      return undefined;
    },
    note({ name, protocol }, era) {
      if (protocol === 'auto') learned.set(name, { lacking: era, untilMs: nowMs() + LEARNED_FOR_MS });
    },
    forget: ({ name }) => {
      learned.delete(name);
    },
  };
}
