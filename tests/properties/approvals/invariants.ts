/**
 * What must hold after every command, what must come of everything once nothing goes wrong any more, and what is left when
 * all time has passed.
 */
import type { Approval } from '../../../shared/approvals/approval.ts';
import { isOpen } from '../../../shared/approvals/states.ts';
import { LEASE_MS } from '../../../shared/calls/release.ts';
import { EXPIRE_MS, KEEP_MS, POLICY_SETS, REQUESTERS } from '../../unit/approvals/scene.ts';
import { settle } from './gate.ts';
import { advance, runOn, type Stage, start } from './play.ts';
import { subjectText, type World } from './world.ts';

export function checkAlways(world: World): void {
  const approvals = world.rows();
  const subjects = new Map<string, string>();
  for (const { id, state } of approvals) {
    if (!isOpen(state)) continue;
    if (!world.store.rows.has(`open/${id}`)) world.violate(`${id} is ${state} and in no list`);
    const asked = world.asked.get(id);
    if (asked === undefined) {
      world.violate(`${id} was asked for by nobody`);
      continue;
    }
    const other = subjects.get(subjectText(asked));
    if (other !== undefined) world.violate(`${id} and ${other} are both open for one call`);
    subjects.set(subjectText(asked), id);
  }
  for (const { id, state } of approvals) {
    const { length } = world.executionsOf(id);
    if (length > 1) world.violate(`${id} ran ${length} times`);
    if (length > 0 && !['sent', 'done', 'unknown'].includes(state)) world.violate(`${id} ran and is ${state}`);
  }
}

/** Faults end, everything on its way lands, and what waited for Graph or a lease gets its turn. */
export async function heal(stage: Stage): Promise<void> {
  const { world } = stage;
  world.isGraphDown = false;
  while (world.gate.onItsWay.length > 0) {
    await world.gate.land(0);
    await runOn(stage, [], []);
  }
  for (let round = 0; round < 3; round += 1) {
    await workOff(stage);
    await advance(stage, round === 0 ? LEASE_MS + 1 : 16_000);
  }
  await workOff(stage);
  checkAlways(world);
  for (const row of world.rows()) checkNothingStuck(world, row);
}

/** Past expiry, leases and what is kept. */
export async function outlive(stage: Stage): Promise<void> {
  const { world } = stage;
  for (const ms of [EXPIRE_MS, LEASE_MS + 1, 2 * KEEP_MS, 11 * 60_000, 11 * 60_000]) {
    await advance(stage, ms);
    await workOff(stage);
  }
  checkAlways(world);
  for (const row of world.rows()) checkEnd(world, row);
  const { approvals, open } = world.store.snapshot();
  const unknown = new Set(approvals.filter(({ state }) => state === 'unknown').map(({ id }) => id));
  for (const { approval } of open) {
    if (!unknown.has(approval)) world.violate(`${approval} is over and still listed`);
  }
  if (stage.running.size > 0) world.violate(`${stage.running.size} activities never ended`);
}

/** Sweeps and messages, until there is nothing left to do now. */
async function workOff(stage: Stage): Promise<void> {
  const { world } = stage;
  for (let round = 0; round < 2; round += 1) {
    start(stage, { kind: 'sweep' }, 0);
    await settle();
    await runOn(stage, [], []);
    for (let delivered = 0; delivered < 200 && hasDue(world); delivered += 1) {
      start(stage, { kind: 'deliver', pick: 0, twice: false }, 1);
      await settle();
      await runOn(stage, [], []);
    }
    if (hasDue(world)) world.violate('messages come again and again');
  }
}

function hasDue({ queue, clock }: World): boolean {
  const waiting = [...queue.waiting('approval-decisions'), ...queue.waiting('approval-notices')];
  return waiting.some(({ notBeforeMs = 0 }) => notBeforeMs <= clock.nowMs());
}

/** What was decided took effect, and what was approved and can run has run. */
function checkNothingStuck(world: World, row: Approval): void {
  const isWaiting = row.state === 'pending' || row.state === 'approved' || row.state === 'claimed';
  if (isWaiting && world.clock.nowMs() >= row.expiresMs) world.violate(`${row.id} expired and is ${row.state}`);
  if (row.release === 'worker' && (row.state === 'approved' || row.state === 'claimed')) {
    world.violate(`${row.id} is still ${row.state}, and nothing keeps it`);
  }
  if (row.state === 'sent') world.violate(`${row.id} is still sent, past every lease`);
  if (row.state !== 'pending') return;
  const counting = world.taken.filter(({ approval, person }) => approval === row.id && counts(world, row, person));
  if (counting.some(({ verdict }) => verdict === 'deny')) world.violate(`${row.id} was denied and waits`);
  const { quorums } = POLICY_SETS[world.policySet];
  const hasRequester = world
    .groupsOf(REQUESTERS[world.asked.get(row.id)?.requester ?? 0]?.person ?? 0)
    .includes('support');
  const isMet = quorums?.every((quorum) =>
    counting.some(
      ({ person, verdict }) =>
        verdict === 'approve' && world.groupsOf(person).includes(quorum === 'finance' ? 'finance' : 'auditors'),
    ),
  );
  // On whatever channel: who answered on one that does not count for them was refused, and is not among those taken.
  if (isMet === true && hasRequester) world.violate(`${row.id} was approved and waits`);
}

function counts(world: World, row: Approval, person: number): boolean {
  const groups = world.groupsOf(person);
  const tested =
    world.policySet === 'finance' ? ['finance'] : world.policySet === 'both' ? ['finance', 'auditors'] : [];
  const requester = REQUESTERS[world.asked.get(row.id)?.requester ?? 0]?.person;
  return person !== requester && !world.isBlocked(person) && tested.some((group) => groups.includes(group));
}

function checkEnd(world: World, row: Approval): void {
  const { id, state } = row;
  const wrong = (what: string) => world.violate(`in the end ${id} (${state}) ${what}`);
  if (isOpen(state)) wrong('is open');
  if (state !== 'unknown' && (row.request !== undefined || row.answer !== undefined)) wrong('still has a key');
  const runs = world.executionsOf(id);
  const { length } = runs;
  if (length > 1) wrong(`ran ${length} times`);
  if (state === 'done' && length !== 1) wrong(`ran ${length} times`);
  if (length > 0 && state !== 'done' && state !== 'unknown') wrong('has run');
  for (const { callId } of runs) {
    const hasOutcome = world.transcript.some((entry) => entry.kind === 'outcome' && entry.callId === callId);
    if (!hasOutcome && state !== 'unknown') wrong('ran and has no outcome');
  }
  const wasTaken = world.taken.some(({ approval }) => approval === id);
  const hasReason = row.endReason !== undefined || state === 'done';
  if (wasTaken && !hasReason) wrong('ended without a reason, and somebody had decided it');
}
