/**
 * What the rest of the gateway asks of policy (DESIGN §4): ports and answers, no Cedar.
 * An engine never throws on what a caller sent: what cannot be evaluated is a deny with its reason.
 */

import type { Agent, Principal } from '../identity/caller.ts';
import type { JsonObject } from '../json/value.ts';

/** Who asks, with groups resolved to the names that `gateway.yaml` gives. */
export interface Asker {
  readonly principal: Principal;
  readonly agent: Agent;
  readonly groups: readonly string[];
  readonly request: { readonly timeMs: number; readonly address: string; readonly era: 'modern' | 'legacy' };
}

export interface ToolCall {
  readonly server: string;
  readonly tool: string;
  readonly arguments: JsonObject;
}

/** `Resource::"{server}/{name}"` or `Prompt::"{server}/{name}"`, a child of its Server. */
export interface Item {
  readonly server: string;
  readonly kind: 'resource' | 'prompt';
  /** The resource's URI or URI template, or the prompt's name. */
  readonly name: string;
}

export type DenyCode =
  /** No policy permits it, or one forbids it. */
  | 'policy'
  /** The tool is not in tools.lock.json. */
  | 'not-pinned'
  /** An argument that a policy mentions cannot be mapped exactly, or does not fit the tool's schema. */
  | 'arguments'
  /** Cedar reported an evaluation error, or the request did not fit the schema. */
  | 'evaluation';

export type Decision =
  | { readonly verdict: 'allow'; readonly policies: readonly string[] }
  | {
      readonly verdict: 'hold';
      /** Names of the quorums that, all met, would lift the deny. */
      readonly quorums: readonly string[];
      /** `@id`s of the policies that held it, and their `@reason`s. */
      readonly policies: readonly string[];
      readonly reasons: readonly string[];
    }
  | {
      readonly verdict: 'deny';
      readonly code: DenyCode;
      readonly policies: readonly string[];
      /** `@reason`s of the forbids: may be shown to the caller. */
      readonly reasons: readonly string[];
      /** For transcript and log only. */
      readonly detail?: string;
    };

export interface PolicyEngine {
  /** May this tool be called with these arguments? */
  decideCall(asker: Asker, call: ToolCall): Decision;
  /** May this tool be seen? False for what is not pinned. */
  mayList(asker: Asker, server: string, tool: string): boolean;
  /** May this resource (a URI, or a URI template) or prompt (a name) be seen? They are not pinned. */
  mayListItem(asker: Asker, item: Item): boolean;
  /** May this resource be read, or this prompt be got? Action `read` for a resource, `get` for a prompt. */
  decideItem(asker: Asker, item: Item): Decision;
  /**
   * Whether there is anything on this server that the asker may see or call: initialize, discover, ping and the like.
   * A pinned tool that may be listed; or a resource or prompt that may: which ones there are is not known here, so it is
   * asked of those that policies name, and of one that none names, with the empty name.
   */
  mayUse(asker: Asker, server: string): boolean;
}
