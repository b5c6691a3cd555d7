/**
 * Resources, prompts and what lists show (DESIGN §4): tools by being pinned, visible and as they were pinned; resources by
 * URI and prompts by name. Denied and absent get the same bytes, because the upstream is not asked for what is denied.
 */
import { isArray, isObject, type JsonObject } from '../json/value.ts';
import { errorAnswer } from '../mcp/answers.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import type { MessageId, RequestMessage } from '../mcp/message.ts';
import type { ListShape } from '../mcp/methods.ts';
import { ERROR } from '../mcp/protocol.ts';
import type { Item } from '../policy/engine.ts';
import { openContinuation, sealContinuation } from './continuation.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';
import { ALLOWED, asItIs, factsOfDecision, type Refused, type Ruling } from './ruling.ts';

export function pinnedTool(parts: CallParts, admitted: Admitted, tool: string) {
  return parts.config.lock.servers.get(admitted.server.name)?.get(tool);
}

/** Whether any call on this server could be held: only there do the gateway's own tools stand. */
export function hasHolds(parts: CallParts, { server }: Admitted): boolean {
  const tools = [...(parts.config.lock.servers.get(server.name)?.keys() ?? [])];
  return tools.some((tool) => mayBeHeld(parts, server.name, tool));
}

/** Whether an approval, or a justification, can matter to a call of this tool. */
export function mayBeHeld({ policy }: Pick<CallParts, 'policy'>, server: string, tool: string): boolean {
  return policy.mayHold(server, tool) || policy.wantsJustification(server, tool);
}

/** Pinned, permitted to be listed, and not in quarantine. */
export function isVisibleTool(parts: CallParts, admitted: Admitted, tool: string): boolean {
  const { name: server } = admitted.server;
  if (pinnedTool(parts, admitted, tool) === undefined || !parts.drift.mayCall(server, tool)) return false;
  return parts.policy.mayList(admitted.asker, server, tool);
}

/** Whether one item of a list may be shown. */
export function maySeeItem(
  parts: CallParts,
  admitted: Admitted,
  member: ListShape['member'],
): (name: string, item: JsonObject) => boolean {
  const { asker, server } = admitted;
  const maySee = (kind: Item['kind']) => (name: string) =>
    parts.policy.mayListItem(asker, { server: server.name, kind, name });
  switch (member) {
    case 'tools':
      return (name, definition) =>
        pinnedTool(parts, admitted, name) !== undefined &&
        parts.drift.mayShow(server.name, definition) &&
        parts.policy.mayList(asker, server.name, name);
    case 'prompts':
      return maySee('prompt');
    case 'resources':
    case 'resourceTemplates':
      return maySee('resource');
  }
}

export function decideItemRequest(
  parts: CallParts,
  admitted: Admitted,
  message: RequestMessage,
  kind: Item['kind'],
): Ruling {
  const { id, params = {} } = message;
  const name = kind === 'resource' ? params.uri : params.name;
  if (typeof name !== 'string') {
    const text = `Invalid params: ${kind === 'resource' ? 'uri' : 'name'} must be a string`;
    return { goes: false, code: 'params', detail: kind, answer: errorAnswer(200, id, ERROR.invalidParams, text) };
  }
  const denied = denyItem(parts, admitted, { server: admitted.server.name, kind, name }, id);
  if (denied) return denied;
  const sent = openContinuation(parts, admitted, message);
  if (!sent.ok) return sent.error;
  return { goes: true, decision: ALLOWED, shape: sealContinuation(parts, admitted, message), sent: sent.value };
}

/** `completion/complete`: as getting the prompt, or reading the resource, that it completes. */
export function decideCompletion(parts: CallParts, admitted: Admitted, message: RequestMessage): Ruling {
  const { ref } = message.params ?? {};
  const { type, name, uri } = isObject(ref) ? ref : {};
  const server = admitted.server.name;
  const item: Item | undefined =
    type === 'ref/prompt' && typeof name === 'string'
      ? { server, kind: 'prompt', name }
      : type === 'ref/resource' && typeof uri === 'string'
        ? { server, kind: 'resource', name: uri }
        : undefined;
  if (!item) {
    const text = 'Invalid params: ref names neither a prompt nor a resource';
    const answer = errorAnswer(200, message.id, ERROR.invalidParams, text);
    return { goes: false, code: 'params', detail: 'ref', answer };
  }
  return denyItem(parts, admitted, item, message.id) ?? { goes: true, decision: ALLOWED, shape: asItIs };
}

/** `subscriptions/listen`: as reading each resource it subscribes to. */
export function decideListen(parts: CallParts, admitted: Admitted, message: RequestMessage): Ruling {
  const { notifications } = message.params ?? {};
  const wanted = isObject(notifications) ? notifications.resourceSubscriptions : undefined;
  for (const uri of isArray(wanted) ? wanted : []) {
    if (typeof uri !== 'string') continue;
    const denied = denyItem(parts, admitted, { server: admitted.server.name, kind: 'resource', name: uri }, message.id);
    if (denied) return denied;
  }
  return { goes: true, decision: ALLOWED, shape: asItIs };
}

function denyItem(parts: CallParts, admitted: Admitted, item: Item, id: MessageId): Refused | undefined {
  const said = parts.policy.decideItem(admitted.asker, item);
  if (said.verdict === 'allow') return undefined;
  const decision = factsOfDecision(said);
  return { goes: false, code: 'not-visible', detail: item.kind, decision, answer: noSuchItem(id, item) };
}

/** What servers answer for what is not there (2026-07-28, "Resource not found"; prompts likewise). */
function noSuchItem(id: MessageId, { kind, name }: Item): HttpAnswer {
  if (kind === 'prompt') return errorAnswer(200, id, ERROR.invalidParams, `Unknown prompt: ${name.slice(0, 128)}`);
  const uri = name.slice(0, 2_048);
  return errorAnswer(200, id, ERROR.invalidParams, `Resource not found: ${uri}`, { uri });
}
