/**
 * `release: caller` (DESIGN §5): the agent's own next call runs what was approved. It waits for the answer as long as
 * clients do; the release goes on without it, and its answer is kept.
 */
import type { StoredApproval } from '../approvals/approval-store.ts';
import { settle } from '../approvals/settle.ts';
import type { CallParts } from './parts.ts';
import { release } from './release.ts';

/** Clients give up at 60 s (FACTS §1.14); no socket is held longer for a release than for a human. */
const WAIT_MS = 45_000;

/** As it stands afterwards. Rejects where the store can't be reached. */
export async function runForCaller(parts: CallParts, stored: StoredApproval): Promise<StoredApproval> {
  const { approval } = stored;
  const isDue = approval.state === 'approved' || approval.state === 'claimed';
  if (approval.release !== 'caller' || !isDue) return stored;
  const settled = await settle(parts, approval.id);
  if (settled.kind !== 'release') return settled.kind === 'absent' ? stored : settled.stored;

  const over = new AbortController();
  const running = release(parts, settled.stored).catch((cause: unknown) => {
    parts.log('error', 'release-failed', { approval: approval.id }, cause);
  });
  await Promise.race([running, parts.pause(WAIT_MS, over.signal)]);
  over.abort();
  return (await parts.approvals.read(approval.id)) ?? settled.stored;
}
