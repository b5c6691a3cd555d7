/**
 * The moment of truth: a call is about to leave for the upstream. Under an approval it may only be the very call that was
 * held, marked `sent` by this release within its lease, on record, and approved by people who counted when it was checked.
 */
import type { UpstreamCall } from '../../../shared/mcp/upstream.ts';
import { CALLS, PEOPLE, POLICY_SETS, REQUESTERS } from '../../unit/approvals/scene.ts';
import type { Activity } from './instance-parts.ts';
import { type Execution, personOf, type World } from './world.ts';

export function checkSending(world: World, activity: Activity, { message, url }: UpstreamCall): Execution {
  const params: { readonly arguments?: unknown } = JSON.parse(JSON.stringify(message?.params ?? {}));
  const intents = world.transcript.filter((entry) => entry.kind === 'intent');
  // A release goes out under the id of its own call; what policy lets through at once under the client's.
  const intent = intents.find(({ call }) => call.id === message?.id) ?? intents.findLast((each) => !each.approval);
  const approval = intent?.approval;
  const asked = approval === undefined ? activity.asked : world.asked.get(approval);
  const execution: Execution = { callId: intent?.call.id ?? 'none', approval, asked };
  const call = CALLS[asked?.call ?? -1];
  if (intent === undefined) world.violate(`something was sent without an intent: ${JSON.stringify(message)}`);
  if (call === undefined || !url.includes(call.server) || !isSame(params.arguments, call.args)) {
    world.violate(`what is sent is not what was asked for: ${JSON.stringify(params)}`);
  }
  if (approval !== undefined) checkApproved(world, activity, execution, approval);
  else if (activity.policySet !== 'freely') world.violate('a call that needs an approval was sent without one');
  return execution;
}

function checkApproved(world: World, activity: Activity, { callId, asked }: Execution, approval: string): void {
  const row = world.rowOf(approval);
  const wrong = (what: string) => world.violate(`${approval} was sent, and ${what}`);
  if (row === undefined || asked === undefined) {
    wrong('there is no such request');
    return;
  }
  if (row.state !== 'sent') wrong(`its row says ${row.state}`);
  if (row.releaseCallId !== callId) wrong('its row names another release');
  if (world.clock.nowMs() >= (row.claim?.leaseUntilMs ?? 0)) wrong('its lease is over');
  if (world.executionsOf(approval).length > 0) wrong('it ran before');
  if (world.withdrawn.has(approval)) wrong('its requester was told that it is withdrawn');

  const requester = REQUESTERS[asked.requester]?.person ?? -1;
  if (row.requester.principal.id !== PEOPLE[requester]?.principal.id) wrong('somebody else is named as its requester');
  if (!world.wasEver(requester, activity.startStep, ({ isBlocked }) => !isBlocked)) wrong('its requester is blocked');
  const { quorums } = POLICY_SETS[activity.policySet];
  if (quorums === undefined) wrong(`policy (${activity.policySet}) wanted no approval, or nobody’s would do`);
  const approvers = world.store
    .snapshot()
    .decisions.filter((row) => row.approval === approval && row.verdict === 'approve')
    .map(({ person }) => personOf(person.id))
    .filter((person) => person !== requester);
  for (const quorum of quorums ?? []) {
    const group = quorum === 'finance' ? 'finance' : 'auditors';
    const counted = approvers.some((person) =>
      world.wasEver(person, activity.startStep, ({ groups, isBlocked }) => groups.includes(group) && !isBlocked),
    );
    if (!counted) wrong(`nobody of ${group} who counted had approved it`);
  }
}

/** By value: the upstream gets our serialisation, in the order in which it was written. */
function isSame(sent: unknown, asked: string): boolean {
  return inOrder(sent) === inOrder(JSON.parse(asked));
}

function inOrder(value: unknown): string {
  return JSON.stringify(Object.entries(value ?? {}).sort(([left], [right]) => left.localeCompare(right)));
}
