/** Who may do what with the reviews of a server (DESIGN §4), and how they are told no. */
import type { Actor } from '../transcripts/entry.ts';
import type { ReviewOptions } from './options.ts';
import type { Done, ReviewActor, ReviewRefusal } from './reviews.ts';

/** `audit` lets read, `review` lets decide and read; anything else is as if nothing were there. */
export function accessOf(
  { servers, policy, nowMs }: Pick<ReviewOptions, 'servers' | 'policy' | 'nowMs'>,
  { principal, agent, groups, address }: ReviewActor,
  server: string,
): 'review' | 'read' | 'none' {
  if (!servers.has(server)) return 'none';
  const asker = { principal, agent, groups, request: { timeMs: nowMs(), address, era: 'modern' } as const };
  // A review is a person's judgement: an app reads, and decides nothing.
  if (principal.kind === 'user' && policy.mayDo(asker, 'review', server)) return 'review';
  const mayRead = policy.mayDo(asker, 'audit', server) || policy.mayDo(asker, 'review', server);
  return mayRead ? 'read' : 'none';
}

export function actorOf({ principal, agent, channel, tokenId, address }: ReviewActor): Actor {
  return { principal, agent, channel, tokenId, address };
}

export function refuse(code: ReviewRefusal): Done<never> {
  return { kind: 'refused', code, text: WORDS[code] };
}

const WORDS: Readonly<Record<ReviewRefusal, string>> = {
  'not-found': 'There is no such review, or it is not for you.',
  changed: 'It has changed since you looked: somebody else decided, or the report is another. Look again, then decide.',
  ended: 'This review is signed off. What changed since belongs to the next one.',
  'own-row': 'Nobody reviews themselves: your own access has to be decided by somebody else first.',
  reason: 'Say why, in at most 500 characters.',
  unavailable:
    'It can’t be said whether this was kept, or whether the block stands. Look again, and decide it once more.',
};
