/**
 * The requests behind rows of the index, in their order. One that can't be read (a newer version's row, or one that somebody
 * touched) is left out and logged: it hides no other. So many at a time, however long the list.
 */
import type { Approval } from './approval.ts';
import type { ApprovalParts } from './parts.ts';

const AT_ONCE = 50;

/** Rejects where none could be read: then it is the store that is out of reach. */
export async function readListed(
  { approvals, log }: Pick<ApprovalParts, 'approvals' | 'log'>,
  ids: readonly string[],
): Promise<readonly Approval[]> {
  const found: Approval[] = [];
  const failures: unknown[] = [];
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const some = ids.slice(start, start + AT_ONCE);
    const reads = await Promise.allSettled(some.map((id) => approvals.read(id)));
    for (const [index, read] of reads.entries()) {
      if (read.status === 'fulfilled') {
        if (read.value !== undefined) found.push(read.value.approval);
        continue;
      }
      failures.push(read.reason);
      log('error', 'approval-not-listed', { approval: some[index] ?? '' }, read.reason);
    }
  }
  if (failures.length > 0 && failures.length === ids.length) {
    throw new Error('no request of the list could be read', { cause: failures[0] });
  }
  return found;
}
