/**
 * What the gateway asks of policy for each method of the protocol, by name (DESIGN §4, table of actions).
 * A method that does not stand here is passed on only where the server's configuration names it; else it answers -32601.
 * `tasks/list` does not: the upstream lists tasks by its own ids, and nothing says whose they are.
 */
import type { Era } from './protocol.ts';

/** Which question policy is asked. */
export type PolicyRule =
  /** Allowed to whoever may use anything on the server. */
  | 'use'
  /** As `use`; each listed item is then asked for by itself. */
  | 'list'
  | 'call-tool'
  /** `read` of `params.uri`. */
  | 'read-resource'
  /** `get` of `params.name`. */
  | 'get-prompt'
  /** `get` or `read` of what `params.ref` names. */
  | 'complete'
  /** As `use`; `read` of each resource it subscribes to. */
  | 'listen'
  /** The tool of the task's call must still be visible. */
  | 'task';

interface MethodRule {
  readonly kind: 'request' | 'notification';
  readonly eras: readonly Era[];
  readonly rule: PolicyRule;
}

const BOTH: readonly Era[] = ['legacy', 'modern'];
const LEGACY: readonly Era[] = ['legacy'];
const MODERN: readonly Era[] = ['modern'];

const METHODS: Readonly<Record<string, MethodRule>> = {
  'completion/complete': { kind: 'request', eras: BOTH, rule: 'complete' },
  initialize: { kind: 'request', eras: LEGACY, rule: 'use' },
  'logging/setLevel': { kind: 'request', eras: LEGACY, rule: 'use' },
  ping: { kind: 'request', eras: LEGACY, rule: 'use' },
  'prompts/get': { kind: 'request', eras: BOTH, rule: 'get-prompt' },
  'prompts/list': { kind: 'request', eras: BOTH, rule: 'list' },
  'resources/list': { kind: 'request', eras: BOTH, rule: 'list' },
  'resources/read': { kind: 'request', eras: BOTH, rule: 'read-resource' },
  'resources/subscribe': { kind: 'request', eras: LEGACY, rule: 'read-resource' },
  'resources/templates/list': { kind: 'request', eras: BOTH, rule: 'list' },
  'resources/unsubscribe': { kind: 'request', eras: LEGACY, rule: 'read-resource' },
  'server/discover': { kind: 'request', eras: MODERN, rule: 'use' },
  'subscriptions/listen': { kind: 'request', eras: MODERN, rule: 'listen' },
  'tasks/cancel': { kind: 'request', eras: BOTH, rule: 'task' },
  'tasks/get': { kind: 'request', eras: BOTH, rule: 'task' },
  'tasks/result': { kind: 'request', eras: LEGACY, rule: 'task' },
  'tasks/update': { kind: 'request', eras: MODERN, rule: 'task' },
  'tools/call': { kind: 'request', eras: BOTH, rule: 'call-tool' },
  'tools/list': { kind: 'request', eras: BOTH, rule: 'list' },

  'notifications/cancelled': { kind: 'notification', eras: BOTH, rule: 'use' },
  'notifications/initialized': { kind: 'notification', eras: LEGACY, rule: 'use' },
  'notifications/progress': { kind: 'notification', eras: LEGACY, rule: 'use' },
  'notifications/roots/list_changed': { kind: 'notification', eras: LEGACY, rule: 'use' },
};

/** Undefined for a method that is unknown in this era or of the other kind. `allowed`: the server's `allowMethods`. */
export function ruleFor(
  method: string,
  kind: MethodRule['kind'],
  era: Era,
  allowed: readonly string[],
): PolicyRule | undefined {
  const found = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (!found) return allowed.includes(method) ? 'use' : undefined;
  return found.kind === kind && found.eras.includes(era) ? found.rule : undefined;
}

/** Where a list's items stand in its result, and what names each of them. */
export interface ListShape {
  readonly member: 'tools' | 'resources' | 'resourceTemplates' | 'prompts';
  readonly key: 'name' | 'uri' | 'uriTemplate';
}

const LISTS: ReadonlyMap<string, ListShape> = new Map([
  ['tools/list', { member: 'tools', key: 'name' }],
  ['resources/list', { member: 'resources', key: 'uri' }],
  ['resources/templates/list', { member: 'resourceTemplates', key: 'uriTemplate' }],
  ['prompts/list', { member: 'prompts', key: 'name' }],
]);

export function listShape(method: string): ListShape | undefined {
  return LISTS.get(method);
}
