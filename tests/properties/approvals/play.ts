/**
 * Plays commands on a world: starts what instances are asked to do, lets their operations land in the order that the
 * command gives, and puts a new instance in the place of one that died.
 */
import { createInbox } from '../../../shared/approvals/create-inbox.ts';
import type { QueueMessage } from '../../../shared/approvals/message-queue.ts';
import { createNotifier } from '../../../shared/approvals/notify.ts';
import { PoisonMessage } from '../../../shared/approvals/poison-message.ts';
import { isOpen } from '../../../shared/approvals/states.ts';
import { sweepApprovals } from '../../../shared/approvals/sweep.ts';
import { applyDecision } from '../../../shared/calls/apply-decision.ts';
import { receive } from '../../../shared/calls/receive.ts';
import { AWAIT_TOOL, CANCEL_TOOL, REPEAT } from '../../../shared/mcp/hold-tools.ts';
import type { HttpCall } from '../../../shared/mcp/http.ts';
import { CALLS, PEOPLE, REQUESTERS, type Scene, TENANT } from '../../unit/approvals/scene.ts';
import { checkAnswer } from './check-answer.ts';
import type { Act, Command } from './commands.ts';
import { type Instance, LONGEST_WAY_MS, type Mishap, settle } from './gate.ts';
import { type Activity, type Wired, wireInstance } from './instance-parts.ts';
import { watchRows } from './watch-rows.ts';
import { type Asked, createWorld, type World } from './world.ts';

export interface Stage {
  readonly world: World;
  readonly instances: Instance[];
  /** What is not at its end: it waits for an operation, for the clock, or for what a dead process will never hear. */
  readonly running: Set<Activity>;
}

const INSTANCES = 3;

export function createStage(scene: Scene, seed: string): Stage {
  const world = createWorld(scene, seed);
  watchRows(world);
  const instances = Array.from({ length: INSTANCES }, (_, number): Instance => ({ number, isDead: false }));
  const running = new Set<Activity>();
  world.onDeath.add((dead) => {
    instances[dead.number] = { number: dead.number, isDead: false };
    for (const activity of running) if (activity.instance === dead) running.delete(activity);
  });
  return { world, instances, running };
}

export async function play(stage: Stage, command: Command): Promise<void> {
  const { world } = stage;
  world.step += 1;
  switch (command.kind) {
    case 'run':
      for (const { act, instance } of command.acts) start(stage, act, instance);
      await settle();
      return runOn(stage, command.order, command.mishaps);
    case 'advance':
      return advance(stage, command.ms);
    case 'land':
      if (world.gate.onItsWay.length > 0) await world.gate.land(command.pick);
      return runOn(stage, [], []);
    case 'lose-message':
      takeMessage(world, command.pick);
      return;
    case 'block':
      return world.change(command.person, { isBlocked: !world.isBlocked(command.person) });
    case 'regroup': {
      const own = PEOPLE[command.person]?.groups ?? [];
      return world.change(command.person, { groups: world.groupsOf(command.person).length > 0 ? [] : own });
    }
    case 'policies':
      world.policySet = command.set;
      return;
    case 'repin':
      world.isRepinned = !world.isRepinned;
      return;
    case 'graph':
      world.isGraphDown = !world.isGraphDown;
      return;
    case 'rotate':
      // All instances are restarted for it (`addKeyVersion`), which takes longer than any write of theirs travels: nothing
      // that runs, or is on its way, knows one version less.
      if (stage.running.size > 0 || world.keyring >= world.scene.keyrings.length - 1) return;
      await advance(stage, LONGEST_WAY_MS + 1);
      world.keyring += 1;
  }
}

export async function advance(stage: Stage, ms: number): Promise<void> {
  const { clock, gate } = stage.world;
  await gate.landBefore(clock.nowMs() + ms);
  await runOn(stage, [], []);
  clock.advance(ms);
  await settle();
  await runOn(stage, [], []);
}

/** Until nothing waits at the gate any more. */
export async function runOn(
  { world }: Stage,
  order: readonly number[],
  mishaps: readonly { readonly at: number; readonly mishap: Mishap }[],
): Promise<void> {
  for (let at = 0; world.gate.waiting > 0; at += 1) {
    world.step += 1;
    await world.gate.step(order[at] ?? 0, mishaps.find((each) => each.at === at)?.mishap ?? 'none');
  }
}

export function start(stage: Stage, act: Act, number: number): void {
  const { world, instances, running } = stage;
  const instance = instances[number % instances.length];
  if (instance === undefined) return;
  const asked: Asked | undefined =
    act.kind === 'call' ? { requester: act.requester, call: act.call, repinned: world.isRepinned } : undefined;
  const activity: Activity = { instance, startStep: world.step, policySet: world.policySet, ...(asked && { asked }) };
  running.add(activity);
  const done = (cause?: unknown): void => {
    running.delete(activity);
    if (cause !== undefined)
      world.violate(`${act.kind} failed: ${cause instanceof Error ? cause.stack : String(cause)}`);
  };
  perform(stage, activity, wireInstance(world, activity), act).then(() => done(), done);
}

async function perform(stage: Stage, activity: Activity, wired: Wired, act: Act): Promise<void> {
  const { world } = stage;
  const { parts } = wired;
  switch (act.kind) {
    case 'call': {
      const call = CALLS[act.call] ?? CALLS[0];
      if (call === undefined) return;
      const args = act.repeat ? call.args.replace('{', `{"${REPEAT}":true,`) : call.args;
      const answer = await receive(parts, httpCall(act.requester, call.server, 'pay', args));
      return checkAnswer(world, act.requester, answer);
    }
    case 'ask':
    case 'withdraw': {
      const row = pickRow(world, act.pick);
      if (row === undefined) return;
      const tool = act.kind === 'ask' ? AWAIT_TOOL : CANCEL_TOOL;
      const args = JSON.stringify({ approval: row.id });
      const answer = await receive(parts, httpCall(act.requester, row.server, tool, args));
      return checkAnswer(world, act.requester, answer, act.kind === 'withdraw' ? row.id : undefined);
    }
    case 'decide': {
      const row = pickRow(world, act.pick);
      const person = PEOPLE[act.person];
      if (row === undefined || person === undefined) return;
      return decide(world, activity, wired, { ...act, approval: row.id });
    }
    case 'deliver': {
      const message = takeMessage(world, act.pick);
      if (message === undefined) return;
      if (act.twice) world.queue.putBack(message);
      return deliver(world, activity, wired, message);
    }
    case 'sweep':
      // It rejects when the index can't be read: the timer comes again.
      await sweepApprovals(parts).catch(() => undefined);
  }
}

async function decide(
  world: World,
  activity: Activity,
  { parts }: Wired,
  act: Extract<Act, { kind: 'decide' }> & { readonly approval: string },
): Promise<void> {
  const { approval, person, verdict, channel } = act;
  const { principal } = PEOPLE[person] ?? {};
  if (principal === undefined) return;
  const groups = world.groupsOf(person);
  const agent = { id: 'gateway' };
  const who = { tenant: TENANT, principal, groups, channel, agent, address: '', tokenId: 'page-session' };
  const decided = await createInbox(parts).decide(who, { approval, verdict, reason: 'because' });
  if (decided.kind !== 'taken') return;
  world.taken.push({ approval, person, verdict });
  const requester = REQUESTERS[world.asked.get(approval)?.requester ?? -1]?.person;
  if (person === requester) world.violate(`${approval} was answered by its requester`);
  const mayAnswer = groups.includes('finance') || (groups.includes('auditors') && channel === 'page');
  if (!mayAnswer) world.violate(`${approval} was answered by ${PEOPLE[person]?.name} in ${groups.join(', ')}`);
  if (!world.wasEver(person, activity.startStep, ({ isBlocked }) => !isBlocked)) {
    world.violate(`${approval} was answered by somebody who is blocked`);
  }
  const isRecorded = world.transcript.some(
    (entry) =>
      entry.kind === 'approval' &&
      entry.event === 'decided' &&
      entry.approval === approval &&
      entry.by?.principal.id === principal.id &&
      entry.verdict === verdict,
  );
  if (!isRecorded) world.violate(`a decision on ${approval} was taken without a record`);
}

/** As the host does: what was not completed comes again. */
async function deliver(world: World, activity: Activity, wired: Wired, message: QueueMessage): Promise<void> {
  const { parts, teams } = wired;
  let isOver = false;
  const comeAgain = (dead: Instance): void => {
    if (dead === activity.instance && !isOver) world.queue.putBack(message);
  };
  world.onDeath.add(comeAgain);
  try {
    if (message.queue === 'approval-decisions') await applyDecision(parts, message.body);
    else
      await createNotifier({ ...parts, teams, publicUrl: 'https://gateway', mayReply: () => true }).post(message.body);
  } catch (cause) {
    if (cause instanceof PoisonMessage) world.violate(`a message of ours was poison: ${cause.message}`);
    world.queue.putBack(message);
  } finally {
    isOver = true;
    world.onDeath.delete(comeAgain);
  }
}

/** One that is due, a decision rather than a notice; the others stay. */
export function takeMessage(world: World, pick: number): QueueMessage | undefined {
  const { queue, clock } = world;
  const decisions = [...queue.take('approval-decisions', clock.nowMs())];
  const notices = [...queue.take('approval-notices', clock.nowMs())];
  const from = decisions.length > 0 && (pick % 4 > 0 || notices.length === 0) ? decisions : notices;
  const [taken] = from.length === 0 ? [] : from.splice(pick % from.length, 1);
  for (const message of [...decisions, ...notices]) queue.putBack(message);
  return taken;
}

/** One that is open, if there is one: most of what happens, happens to those. */
function pickRow(world: World, pick: number) {
  const rows = world.rows();
  const open = rows.filter(({ state }) => isOpen(state));
  const from = open.length > 0 && pick % 4 > 0 ? open : rows;
  return from[pick % Math.max(from.length, 1)];
}

let requests = 0;

function httpCall(requester: number, server: string, tool: string, args: string): HttpCall {
  requests += 1;
  const body = `{"jsonrpc":"2.0","id":"rpc-${requests}","method":"tools/call","params":{"name":"${tool}","arguments":${args}}}`;
  const headers = new Headers({
    host: 'gateway',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: String(requester),
  });
  const bytes = new TextEncoder().encode(body);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  // Whoever waits for an approval left at once: how it stands is told, and nobody waits for it.
  const signal = tool === AWAIT_TOOL ? AbortSignal.abort() : new AbortController().signal;
  return { method: 'POST', url: `https://gateway/mcp/${server}`, headers, params: { server }, body: stream, signal };
}
