/**
 * An approved call as `exchange` takes it: in the requester's name, in the session of the call that was held, with a
 * modern envelope that declares no client capabilities. No client waits behind it, so nothing of it can be aborted.
 */
import type { Approval } from '../approvals/approval.ts';
import { argumentsOf } from '../approvals/request.ts';
import type { ServerConfig } from '../config/config.ts';
import type { JsonObject } from '../json/value.ts';
import type { RequestMessage } from '../mcp/message.ts';
import { declaredParamHeaders } from '../mcp/param-headers.ts';
import { META_CLIENT_CAPABILITIES, META_PROTOCOL_VERSION, MODERN_VERSIONS } from '../mcp/protocol.ts';
import type { Asker } from '../policy/engine.ts';
import type { CallTrace } from '../telemetry/telemetry.ts';
import type { Outgoing, Release } from './outgoing.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';
import { asItIs } from './ruling.ts';

export interface ReleaseCall {
  readonly callId: string;
  readonly trace: CallTrace;
  readonly params: JsonObject;
  readonly asker: Asker;
  readonly met: readonly string[];
  readonly run: Omit<Release, 'approval'>;
}

export function releaseOutgoing(
  parts: CallParts,
  server: ServerConfig,
  approval: Approval,
  call: ReleaseCall,
): Outgoing {
  const { callId, params, met, run } = call;
  const message: RequestMessage = { kind: 'request', id: callId, method: 'tools/call', params: inEnvelope(params) };
  return {
    admitted: admit(parts, server, approval, call),
    verb: 'POST',
    message,
    awaits: message.id,
    lifetimeMs: parts.config.limits.deadlineMs,
    isStream: false,
    decision: { verdict: 'allow', policies: approval.policies, quorums: met },
    shape: asItIs,
    ...(approval.justification === undefined ? {} : { justification: approval.justification }),
    release: { approval: approval.id, ...run },
  };
}

/** The requester as it was when the call was held: no token exists any more, and none is needed. */
function admit(parts: CallParts, server: ServerConfig, approval: Approval, call: ReleaseCall): Admitted {
  const { requester, session, tool } = approval;
  const { tenant, principal, agent, tokenId, address } = requester;
  const { callId, trace, params, asker } = call;
  const definition = parts.config.lock.servers.get(server.name)?.get(tool)?.definition;
  const headers = new Headers(declaredParamHeaders(definition?.inputSchema, argumentsOf(params)));
  const nobodyLeaves = new AbortController().signal;
  return {
    http: { method: 'POST', url: '', headers, params: {}, body: null, signal: nobodyLeaves },
    serverName: server.name,
    address,
    receivedMs: parts.nowMs(),
    callId,
    trace,
    caller: { tenant, principal, agent, groups: [], tokenId, expiresAt: 0 },
    asker,
    server,
    session,
    classified: { era: 'modern', version: MODERN_VERSIONS[0] },
    facts: {
      id: callId,
      tenant,
      principal,
      agent,
      tokenId,
      address,
      era: 'modern',
      method: 'tools/call',
      target: tool,
    },
  };
}

function inEnvelope(params: JsonObject): JsonObject {
  return { ...params, _meta: { [META_PROTOCOL_VERSION]: MODERN_VERSIONS[0], [META_CLIENT_CAPABILITIES]: {} } };
}
