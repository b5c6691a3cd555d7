/**
 * From a verified caller to one who may use something on a server that is there (DESIGN §2.3–4): groups ▸ server ▸ session,
 * which may be blocked by itself (§7).
 * A server that is not there and one that the caller may not use are answered with the same bytes.
 */
import type { Caller } from '../identity/caller.ts';
import { blockedAnswer, errorAnswer, notAvailable } from '../mcp/answers.ts';
import type { Classified } from '../mcp/headers.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import type { MessageId } from '../mcp/message.ts';
import { ERROR } from '../mcp/protocol.ts';
import { openSession } from '../mcp/sessions.ts';
import type { Asker } from '../policy/engine.ts';
import { err, ok, type Result } from '../result.ts';
import type { CallParts } from './parts.ts';
import { type Admitted, type Arrival, factsOf } from './received.ts';
import { refuse } from './refuse.ts';
import { callSession, callSessionNames } from './session.ts';

export interface Subject {
  readonly caller: Caller;
  readonly classified: Classified;
  readonly method: string;
  readonly target?: string;
  /** To answer under; null for what has no id. */
  readonly id: MessageId | null;
  /** A refusal's HTTP status: 200 for a JSON-RPC request, 400 for what can't be answered in JSON-RPC. */
  readonly refusalStatus: 200 | 400;
}

export async function admit(
  parts: CallParts,
  arrival: Arrival,
  subject: Subject,
): Promise<Result<Admitted, HttpAnswer>> {
  const { caller, classified, id, refusalStatus } = subject;
  const { era } = classified;
  const { method, target } = subject;
  const facts = factsOf(parts, arrival, caller, { era, method, ...(target === undefined ? {} : { target }) });

  const groups = await arrival.trace.stage('groups', () => parts.groups.resolve(caller));
  if (!groups.ok) {
    const text = 'Your group membership cannot be determined now, so nothing is allowed. Ask an administrator.';
    const answer = errorAnswer(refusalStatus, id, ERROR.denied, text);
    return err(await refuse(parts, arrival, { stage: 'groups', ...groups.error, call: facts }, answer));
  }

  const { receivedMs: timeMs, address } = arrival;
  const asker: Asker = { ...caller, groups: groups.value, request: { timeMs, address, era } };
  const server = parts.config.servers.get(arrival.serverName);
  if (!server || !parts.policy.mayUse(asker, server.name)) {
    const code = server ? 'server-not-allowed' : 'no-such-server';
    const answer = { ...notAvailable(id, arrival.serverName), status: refusalStatus };
    return err(
      await refuse(parts, arrival, { stage: 'decide', code, detail: arrival.serverName, call: facts }, answer),
    );
  }

  const sealed = era === 'legacy' && method !== 'initialize' ? arrival.http.headers.get('mcp-session-id') : null;
  const upstreamSession = sealed === null ? undefined : openSession(parts.keyring, caller, server.name, sealed);
  const session = callSession(parts.keyring, caller, server, arrival.receivedMs, upstreamSession);
  if (sealed !== null && upstreamSession === undefined) {
    const answer = errorAnswer(404, id, ERROR.sessionNotFound, 'Session not found');
    const detail = 'the session id was not given to this caller';
    return err(await refuse(parts, arrival, { stage: 'read', code: 'session', detail, call: facts }, answer, session));
  }
  const names = callSessionNames(parts.keyring, caller, server, arrival.receivedMs, upstreamSession);
  const free = await parts.blocks.check({ ...caller, server: server.name, session: names });
  if (!free.ok) {
    const refusal = { stage: 'authenticate', ...free.error, call: facts } as const;
    return err(await refuse(parts, arrival, refusal, blockedAnswer(free.error), session));
  }
  const bound = upstreamSession === undefined ? {} : { upstreamSession };
  return ok({ ...arrival, caller, asker, server, session, classified, facts, ...bound });
}
