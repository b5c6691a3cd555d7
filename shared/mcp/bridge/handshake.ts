/**
 * The legacy handshake in the gateway's own name: `initialize`, then `notifications/initialized`. The client's message is
 * not sent by then, so that no failure here leaves it open whether it ran.
 */
import type { ServerConfig } from '../../config/config.ts';
import type { Json, JsonObject } from '../../json/value.ts';
import { type RequestMessage, type ResponseMessage, toJson } from '../message.ts';
import { ERROR, LEGACY_VERSIONS } from '../protocol.ts';
import { SseProblem } from '../sse.ts';
import { type UpstreamAnswer, type UpstreamCall, UpstreamFailure } from '../upstream.ts';
import { takeResponse } from './events.ts';
import type { BridgeOptions } from './options.ts';

export interface LegacySession {
  /** Undefined where the upstream keeps no sessions. */
  readonly id: string | undefined;
  readonly version: string;
  /** What `initialize` answered. */
  readonly initialized: JsonObject;
}

const HANDSHAKE_MS = 30_000;

/** How servers answer that do not know `initialize`; anything else is trouble of another kind, and passes. */
const UNKNOWN_HANDSHAKE: readonly number[] = [400, 404, 405];
const ERA_CODES: readonly Json[] = [ERROR.unsupportedVersion, ERROR.methodNotFound];

/** A new session, or undefined where the upstream does not take the handshake. Throws `UpstreamFailure`. */
export async function shakeHands(
  options: BridgeOptions,
  server: ServerConfig,
  to: Pick<UpstreamCall, 'url' | 'credential'>,
  clientInfo: JsonObject,
): Promise<LegacySession | undefined> {
  const { newId, depth, deadline } = options;
  const id = newId();
  const params = { protocolVersion: LEGACY_VERSIONS[0], capabilities: {}, clientInfo };
  const request: RequestMessage = { kind: 'request', id, method: 'initialize', params };
  const base = { ...to, verb: 'POST', era: 'legacy', signal: deadline(HANDSHAKE_MS) } as const;
  try {
    const answer = await options.call(server, { ...base, message: toJson(request), method: 'initialize' });
    const session = toSession(answer, await takeResponse(answer, id, depth));
    if (session === undefined) return undefined;
    const method = 'notifications/initialized';
    const bound = session.id === undefined ? {} : { sessionId: session.id };
    const message = toJson({ kind: 'notification', method, params: undefined });
    await options.call(server, { ...base, ...bound, version: session.version, message, method });
    return session;
  } catch (cause) {
    if (isRefusal(cause)) return undefined;
    throw notSent(cause);
  }
}

function toSession(answer: UpstreamAnswer, response: ResponseMessage | undefined): LegacySession | undefined {
  const { status } = answer;
  const { result: initialized, error } = response ?? {};
  if (initialized === undefined) {
    if (UNKNOWN_HANDSHAKE.includes(status) || ERA_CODES.includes(error?.code ?? null)) return undefined;
    throw new UpstreamFailure('status', `the upstream answered ${status}, and opened no session`, { status });
  }
  const version = LEGACY_VERSIONS.find((known) => known === initialized.protocolVersion);
  return version === undefined ? undefined : { id: answer.sessionId, version, initialized };
}

/** An upstream without any `initialize` may say so in words of its own. */
function isRefusal(cause: unknown): boolean {
  return cause instanceof UpstreamFailure && cause.code === 'status' && UNKNOWN_HANDSHAKE.includes(cause.status ?? 0);
}

/** The failure as one of the handshake: whatever the upstream did, it did not see the client's message. */
function notSent(cause: unknown): unknown {
  if (cause instanceof UpstreamFailure) {
    const status = cause.status === undefined ? {} : { status: cause.status };
    return new UpstreamFailure(cause.code, `in the handshake: ${cause.message}`, { ...status, cause });
  }
  if (cause instanceof SseProblem) {
    return new UpstreamFailure('not-a-message', `in the handshake: ${cause.message}`, { cause });
  }
  const isDeadline = cause instanceof Error && cause.name === 'TimeoutError';
  return isDeadline ? new UpstreamFailure('timeout', 'the handshake was not answered in time', { cause }) : cause;
}
