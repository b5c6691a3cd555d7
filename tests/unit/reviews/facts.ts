/** What a period came to, where everything holds and nothing happened; a test says what differs. */
import type { Proof, ReviewReport } from '../../../shared/reviews/report.ts';
import type { ExposureFacts } from '../../../shared/reviews/sentence.ts';

export const NO_TOTALS: ReviewReport['totals'] = {
  calls: 0,
  ran: 0,
  refused: 0,
  held: 0,
  unknown: 0,
  unfinished: 0,
  withheld: 0,
  deliveries: 0,
  strays: 0,
};

export const SEALED: Proof = {
  seal: { number: 41, time: '2026-11-22T21:30:00.000Z', sha256: 'a'.repeat(64) },
  seals: 'intact',
  segments: 3,
  lines: 60,
  newer: 0,
  tampered: 0,
  unreadable: 0,
  expired: 0,
  faults: [],
};

export const QUIET: ExposureFacts = { totals: NO_TOTALS, callers: [], viewers: [], strays: [], proof: SEALED };

export function masked(count: number, who = 'alice') {
  return { who, exposure: [{ class: 'card', outcome: 'masked', count } as const] };
}

export function revealed(count: number, who = 'alice', name = 'card') {
  return { who, exposure: [{ class: name, outcome: 'revealed', count } as const] };
}
