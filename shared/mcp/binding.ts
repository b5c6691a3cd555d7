/**
 * What a thing that is handed out and comes back is bound to: tenant, principal, agent and server. Not token bytes:
 * tokens get refreshed. The agent is part of it: another app is another client.
 */
import type { Caller } from '../identity/caller.ts';

export function bindingOf(caller: Caller, server: string, ...further: readonly string[]): string {
  const { tenant, principal, agent } = caller;
  return JSON.stringify([tenant, principal.kind, principal.id, agent.id, server, ...further]);
}
