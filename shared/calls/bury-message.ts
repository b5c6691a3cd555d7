/**
 * A message that the queue gave up on (DESIGN §3, `dead-notices` and `dead-decisions`): its approval is flagged so that a
 * person looks, and it is on record. Nothing is lost by it: the sweep finds what it was to bring about.
 */
import { z } from 'zod';
import { parseApprovalId, type StoredApproval } from '../approvals/approval-store.ts';
import { flag } from '../approvals/settle.ts';
import { noteAdministration } from './administration.ts';
import type { CallParts } from './parts.ts';

const REST_MS = 10_000;

const named = z.object({ approval: z.string() });

/** Rejects where the store can't be reached: then it is delivered again. */
export async function buryMessage(parts: CallParts, queue: string, message: unknown): Promise<void> {
  const read = named.safeParse(message);
  const id = read.success ? read.data.approval : undefined;
  const isId = id !== undefined && parseApprovalId(id) !== undefined;
  const stored = isId ? await readOrRest(parts, id) : undefined;
  parts.log('error', 'message-dead', { queue, ...(stored === undefined ? {} : { approval: stored.approval.id }) });
  if (stored === undefined) {
    const what = isId ? 'an approval that is not there' : 'nothing that is an approval';
    await noteAdministration(parts, { action: 'message-dead', detail: `${queue}: a message about ${what}` });
    return;
  }
  await flag(parts, stored, `a message in ${queue} could not be handled`);
}

/** A dead-letter queue delivers again at once and for ever: without a rest, an outage would make it spin. */
async function readOrRest(parts: CallParts, id: string): Promise<StoredApproval | undefined> {
  try {
    return await parts.approvals.read(id);
  } catch (cause) {
    await parts.pause(REST_MS, new AbortController().signal);
    throw cause;
  }
}
