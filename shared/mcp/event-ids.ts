/**
 * Event ids of a legacy stream as clients see them (MCP 2025-11-25, "Resumability"): the upstream's id and the call it
 * belongs to, sealed to caller and session, so that what `Last-Event-ID` brings later is recorded under the same call.
 */
import { z } from 'zod';
import type { Caller } from '../identity/caller.ts';
import type { Keyring } from '../keys/keyring.ts';
import { bindingOf } from './binding.ts';

/** A resume point: where in the upstream's stream, and of which call. */
export interface ResumePoint {
  readonly eventId: string;
  readonly callId: string;
  /** JSON of the request's id; absent on a GET stream that answers no request. */
  readonly requestId?: string;
  readonly method: string;
  readonly target?: string;
}

const schema = z.strictObject({
  eventId: z.string(),
  callId: z.string(),
  requestId: z.string().exactOptional(),
  method: z.string(),
  target: z.string().exactOptional(),
});

const MAX_EVENT_ID = 1024;

/** Undefined for an id that no header could carry back: such an event can't be resumed from. */
export function sealEventId(
  keyring: Keyring,
  caller: Caller,
  server: string,
  session: string,
  point: ResumePoint,
): string | undefined {
  if (point.eventId.length > MAX_EVENT_ID) return undefined;
  const aad = bindingOf(caller, server, 'event', session);
  return keyring.seal('mcp-session', aad, Buffer.from(JSON.stringify(point), 'utf8'));
}

export function openEventId(
  keyring: Keyring,
  caller: Caller,
  server: string,
  session: string,
  sealed: string,
): ResumePoint | undefined {
  const opened = keyring.open('mcp-session', bindingOf(caller, server, 'event', session), sealed);
  if (opened === undefined) return undefined;
  const point = schema.safeParse(JSON.parse(Buffer.from(opened).toString('utf8')));
  return point.success ? point.data : undefined;
}
