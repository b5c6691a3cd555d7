/**
 * An asker as Cedar's principal, entities and context. The context holds only what policies mention, because parsing it
 * is most of a decision's time; names for people never go along.
 */
import type { CedarValueJson, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import { readAddress } from './address.ts';
import type { Asker } from './engine.ts';
import { type Mentions, mentionsOf } from './mentions.ts';

export function principalOf({ principal }: Asker): TypeAndId {
  return { type: principal.kind === 'user' ? 'User' : 'App', id: principal.id };
}

/** The principal in its groups, and the tool, resource or prompt on its server. */
export function entitiesFor(asker: Asker, server: string, resource: TypeAndId): EntityJson[] {
  return [principalEntity(asker), { uid: resource, attrs: {}, parents: [{ type: 'Server', id: server }] }];
}

export function principalEntity(asker: Asker): EntityJson {
  return {
    uid: principalOf(asker),
    attrs: asker.principal.kind === 'user' ? { guest: asker.principal.guest } : {},
    parents: asker.groups.map((id) => ({ type: 'Group', id })),
  };
}

/** `agent` and `request`, as far as they are mentioned. */
export function askerContext({ agent, request }: Asker, mentions: Mentions): Record<string, CedarValueJson> {
  const context: Record<string, CedarValueJson> = {};
  if (mentions.inside.has('agent')) context.agent = { __entity: { type: 'Agent', id: agent.id } };
  const asked = mentionsOf(mentions, 'request').inside;
  if (!mentions.inside.has('request')) return context;

  const known: Record<string, CedarValueJson> = {};
  if (asked.has('time')) known.time = { __extn: { fn: 'datetime', arg: new Date(request.timeMs).toISOString() } };
  if (asked.has('era')) known.era = { __entity: { type: 'Era', id: request.era } };
  const address = asked.has('address') ? readAddress(request.address) : undefined;
  if (address !== undefined) known.address = { __extn: { fn: 'ip', arg: address } };
  return { ...context, request: known };
}
