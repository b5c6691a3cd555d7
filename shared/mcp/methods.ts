/**
 * What the gateway does with each method of the protocol, by name (DESIGN §4, table of actions).
 * A method that stands here as `later` is known and not handled yet; one that does not stand here is unknown. Both answer -32601.
 */
import type { Era } from './protocol.ts';

/** Which question policy is asked. */
export type PolicyRule =
  /** Allowed to whoever may use anything on the server. */
  | 'use'
  /** As `use`; each listed tool is then asked for by itself. */
  | 'list-tools'
  | 'call-tool';

export interface MethodRule {
  readonly kind: 'request' | 'notification';
  readonly eras: readonly Era[];
  readonly rule: PolicyRule | 'later';
}

const BOTH: readonly Era[] = ['legacy', 'modern'];
const LEGACY: readonly Era[] = ['legacy'];
const MODERN: readonly Era[] = ['modern'];

const METHODS: Readonly<Record<string, MethodRule>> = {
  initialize: { kind: 'request', eras: LEGACY, rule: 'use' },
  ping: { kind: 'request', eras: BOTH, rule: 'use' },
  'server/discover': { kind: 'request', eras: MODERN, rule: 'use' },
  'tools/list': { kind: 'request', eras: BOTH, rule: 'list-tools' },
  'tools/call': { kind: 'request', eras: BOTH, rule: 'call-tool' },

  'completion/complete': { kind: 'request', eras: BOTH, rule: 'later' },
  'logging/setLevel': { kind: 'request', eras: LEGACY, rule: 'later' },
  'prompts/get': { kind: 'request', eras: BOTH, rule: 'later' },
  'prompts/list': { kind: 'request', eras: BOTH, rule: 'later' },
  'resources/list': { kind: 'request', eras: BOTH, rule: 'later' },
  'resources/read': { kind: 'request', eras: BOTH, rule: 'later' },
  'resources/subscribe': { kind: 'request', eras: LEGACY, rule: 'later' },
  'resources/templates/list': { kind: 'request', eras: BOTH, rule: 'later' },
  'resources/unsubscribe': { kind: 'request', eras: LEGACY, rule: 'later' },
  'subscriptions/listen': { kind: 'request', eras: MODERN, rule: 'later' },
  'tasks/cancel': { kind: 'request', eras: BOTH, rule: 'later' },
  'tasks/get': { kind: 'request', eras: BOTH, rule: 'later' },
  'tasks/list': { kind: 'request', eras: LEGACY, rule: 'later' },
  'tasks/result': { kind: 'request', eras: LEGACY, rule: 'later' },
  'tasks/update': { kind: 'request', eras: MODERN, rule: 'later' },

  'notifications/cancelled': { kind: 'notification', eras: BOTH, rule: 'use' },
  'notifications/initialized': { kind: 'notification', eras: LEGACY, rule: 'use' },
  'notifications/progress': { kind: 'notification', eras: LEGACY, rule: 'use' },
  'notifications/roots/list_changed': { kind: 'notification', eras: LEGACY, rule: 'use' },
};

/** Undefined for a method that is unknown in this era, of the other kind, or not handled yet. */
export function ruleFor(method: string, kind: MethodRule['kind'], era: Era): PolicyRule | undefined {
  const found = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (!found || found.kind !== kind || found.rule === 'later' || !found.eras.includes(era)) return undefined;
  return found.rule;
}
