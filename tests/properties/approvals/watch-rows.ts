/**
 * Looks at every version of every row as it is written, whoever writes it: states change only as the table says, what was
 * held stays as it was held, and a new request takes the place of another only when that one has ended.
 */
import type { Approval } from '../../../shared/approvals/approval.ts';
import { type ApprovalEvent, isOpen, nextState } from '../../../shared/approvals/states.ts';
import type { World } from './world.ts';

const EVENTS: readonly ApprovalEvent[] = [
  'approve',
  'deny',
  'expire',
  'cancel',
  'claim',
  'send',
  'finish',
  'fail',
  'lose',
];

const MUTABLE = new Set([
  'state',
  'attempt',
  'request',
  'claim',
  'met',
  'releaseCallId',
  'answer',
  'endedMs',
  'keptUntilMs',
  'endReason',
  'attention',
  'noticedMs',
  'remindedMs',
]);

export function watchRows(world: World): void {
  const { rows } = world.store;
  const set = rows.set.bind(rows);
  rows.set = (key, row) => {
    const before = rows.get(key)?.text;
    if (key.includes('/request-')) checkRequest(world, before, row.text);
    if (key.endsWith('/head') && before !== undefined) checkHead(world, before);
    if (key.includes('/decision-') && before !== undefined) world.violate(`a decision was replaced: ${key}`);
    return set(key, row);
  };
}

function checkRequest(world: World, before: string | undefined, after: string): void {
  world.versions += 1;
  const next: Approval = JSON.parse(after);
  world.requests.set(next.id, next);
  if (before === undefined) {
    if (next.state !== 'pending') world.violate(`${next.id} began as ${next.state}`);
    return;
  }
  const last: Approval = JSON.parse(before);
  const moves = EVENTS.map((event) => nextState(last.state, event));
  const isClaimAgain = last.state === 'claimed' && next.claim?.number !== last.claim?.number;
  if (next.state !== last.state && !moves.includes(next.state)) {
    world.violate(`${next.id} went from ${last.state} to ${next.state}`);
  }
  if (isClaimAgain && (last.claim?.leaseUntilMs ?? 0) > world.clock.nowMs()) {
    world.violate(`${next.id} was claimed while another's lease held`);
  }
  if (next.attempt === last.attempt) world.violate(`${next.id} was written twice under one attempt`);
  const changed = Object.entries(next).filter(
    ([name, value]) => !MUTABLE.has(name) && JSON.stringify(value) !== JSON.stringify(last[name as keyof Approval]),
  );
  if (changed.length > 0) world.violate(`${next.id} was held with another ${changed.map(([name]) => name).join(', ')}`);
}

function checkHead(world: World, before: string): void {
  const { approval } = JSON.parse(before);
  const stood = world.rowOf(approval);
  if (stood === undefined) world.violate(`${approval} was a head without a request`);
  else if (isOpen(stood.state) || stood.state === 'unknown') {
    world.violate(`${approval} was replaced while it was ${stood.state}`);
  }
}
