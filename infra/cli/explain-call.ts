/**
 * A what-if: what the policies would decide of a call, told to the person who writes them. It resolves the sample
 * tenant's names, so that the README's examples can be typed; everybody else is named by object id and groups.
 */
import type { Config } from '../../shared/config/config.ts';
import { parseJson } from '../../shared/json/parse.ts';
import { isObject, type JsonObject } from '../../shared/json/value.ts';
import type { Asker, Decision, PolicyEngine } from '../../shared/policy/engine.ts';
import { findApp, findUser, sampleDirectory } from '../local/entra/directory.ts';
import { CommandFailure } from './outcome.ts';

/** As flags give it. */
export interface WhatIf {
  readonly user?: string;
  readonly app?: string;
  readonly agent: string;
  readonly groups?: string;
  readonly server: string;
  readonly tool: string;
  readonly args: string;
  readonly justification?: string;
  /** Quorums that are taken to be met, with commas. */
  readonly met?: string;
  readonly address: string;
}

const OBJECT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Throws `CommandFailure` for a name or arguments that can't be read. */
export function explainCall(
  config: Config,
  engine: PolicyEngine,
  whatIf: WhatIf,
): { readonly decision: Decision & { readonly visible: boolean }; readonly text: string } {
  const { server, tool, justification } = whatIf;
  const asker = readAsker(config, whatIf);
  const call = {
    server,
    tool,
    arguments: readArguments(whatIf.args),
    ...(justification !== undefined && { justification }),
  };
  const met = whatIf.met === undefined ? [] : readNames('quorum', config.quorums, whatIf.met);
  const decided = engine.decideCall(asker, call, met);
  const decision = { ...decided, visible: engine.mayList(asker, server, tool) };
  return { decision, text: describe(decision).join('\n') };
}

function describe(decision: Decision & { readonly visible: boolean }): string[] {
  const lines = [decision.verdict === 'deny' ? `deny (${decision.code})` : decision.verdict];
  if (decision.verdict === 'hold') lines.push(`  until met: ${decision.quorums.join(', ')}`);
  lines.push(`  policies:  ${decision.policies.join(', ') || 'none'}`);
  if (decision.verdict !== 'allow') lines.push(...decision.reasons.map((reason) => `  reason:    ${reason}`));
  if (decision.verdict === 'deny' && decision.detail !== undefined) lines.push(`  detail:    ${decision.detail}`);
  lines.push(`  in lists:  ${decision.visible ? 'yes' : 'no'}`);
  return lines;
}

function readAsker(config: Config, { user, app, agent, groups, address }: WhatIf): Asker {
  if ((user === undefined) === (app === undefined)) throw new CommandFailure('name either --user or --app');
  const known = user === undefined ? undefined : findUser(sampleDirectory, user);
  const knownApp = app === undefined ? undefined : findApp(sampleDirectory, app);
  const id = known?.objectId ?? knownApp?.servicePrincipalId ?? readId(user ?? app ?? '');
  const theirs = [...config.groups].filter(([, object]) => known?.groups.includes(object)).map(([name]) => name);
  const client = knownApp?.clientId ?? findApp(sampleDirectory, agent)?.clientId ?? readId(agent);
  return {
    principal: { kind: user === undefined ? 'app' : 'user', id, guest: known?.isGuest ?? false },
    agent: { id: client },
    groups: groups === undefined ? theirs : readNames('group', config.groups, groups),
    request: { timeMs: Date.now(), address, era: 'modern' },
  };
}

function readId(text: string): string {
  if (!OBJECT_ID.test(text)) throw new CommandFailure(`${text} is no one of the sample tenant, and no object id`);
  return text.toLowerCase();
}

function readNames(noun: string, known: ReadonlyMap<string, unknown>, text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) throw new CommandFailure(`${unknown} is no ${noun} of gateway.yaml`);
  return names;
}

function readArguments(text: string): JsonObject {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) throw new CommandFailure('--args must be a JSON object');
  return parsed.value;
}
