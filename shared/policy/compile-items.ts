/**
 * What is known of resources and prompts beforehand: of each server, the policies that can matter to any of them. Unlike
 * tools they are not pinned, so the policies that name single ones go along; on another one they are never satisfied.
 */
import { collectMentions, type Mentions, NO_MENTIONS } from './mentions.ts';
import { ITEM_KINDS, itemId, LIST_ACTION } from './names.ts';
import { entitiesOf, type Policy } from './policy.ts';
import { itemTarget, mayApply } from './scope.ts';

export interface CompiledKind {
  readonly type: string;
  /** `read` or `get`. */
  readonly action: string;
  /** What the policies on that action mention of the context, on any server: an action has one context. */
  readonly mentions: Mentions;
  /** URIs or names that policies mention, of this server. */
  readonly named: readonly string[];
  /** Names of the parsed policies on seeing one, and on reading or getting it. */
  readonly listSet: string;
  readonly useSet: string;
}

export interface CompiledItems {
  readonly resource: CompiledKind;
  readonly prompt: CompiledKind;
}

export interface ItemPlan {
  /** The policies that matter to seeing any of them. */
  readonly onList: readonly Policy[];
  /** By `read` and `get`. */
  readonly mentions: ReadonlyMap<string, Mentions>;
  /** `parse` gives the name of a parsed set. */
  compile(parse: (policies: readonly Policy[]) => string): ReadonlyMap<string, CompiledItems>;
}

type Kind = keyof typeof ITEM_KINDS;

export function planItems(servers: Iterable<string>, policies: readonly Policy[]): ItemPlan {
  const names = [...servers];
  const on = (server: string, kind: Kind, action: string): readonly Policy[] =>
    policies.filter((policy) => mayApply(policy, itemTarget(server, ITEM_KINDS[kind].type, action)));
  const onAny = (kind: Kind, action: string): readonly Policy[] => [
    ...new Set(names.flatMap((server) => on(server, kind, action))),
  ];

  const mentions = new Map([
    [ITEM_KINDS.resource.action, collectMentions(onAny('resource', 'read'))],
    [ITEM_KINDS.prompt.action, collectMentions(onAny('prompt', 'get'))],
  ]);
  return {
    onList: [...onAny('resource', LIST_ACTION), ...onAny('prompt', LIST_ACTION)],
    mentions,
    compile(parse) {
      const compileKind = (server: string, kind: Kind): CompiledKind => {
        const { type, action } = ITEM_KINDS[kind];
        const onList = on(server, kind, LIST_ACTION);
        return {
          type,
          action,
          mentions: mentions.get(action) ?? NO_MENTIONS,
          named: namesIn(onList, server, type),
          listSet: parse(onList),
          useSet: parse(on(server, kind, action)),
        };
      };
      return new Map(
        names.map((server) => [
          server,
          { resource: compileKind(server, 'resource'), prompt: compileKind(server, 'prompt') },
        ]),
      );
    },
  };
}

function namesIn(policies: readonly Policy[], server: string, type: string): readonly string[] {
  const prefix = itemId(server, '');
  const named = policies.flatMap(entitiesOf).filter((entity) => entity.type === type && entity.id.startsWith(prefix));
  return [...new Set(named.map(({ id }) => id.slice(prefix.length)))];
}
