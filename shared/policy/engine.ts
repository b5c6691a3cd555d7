/**
 * What the rest of the gateway asks of policy (DESIGN §4): ports and answers, no Cedar.
 * An engine never throws on what a caller sent: what cannot be evaluated is a deny with its reason.
 */

import type { Channel } from '../config/channels.ts';
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
  /** Without what the gateway injects. */
  readonly arguments: JsonObject;
  /** The agent's own words, unverified; blank ones count as none. */
  readonly justification?: string;
}

/** `Resource::"{server}/{name}"` or `Prompt::"{server}/{name}"`, a child of its Server. */
export interface Item {
  readonly server: string;
  readonly kind: 'resource' | 'prompt';
  /** The resource's URI or URI template, or the prompt's name. */
  readonly name: string;
}

/** May this person, who answered on this channel, approve what the requester asked for? */
export interface ApprovalQuestion {
  readonly server: string;
  readonly tool: string;
  readonly requester: Principal;
  readonly channel: Channel;
}

/** May data of this class be shown in clear to whoever asks, when this tool gives it? Resources and prompts have none. */
export interface RevealQuestion {
  readonly server: string;
  readonly tool?: string;
  readonly class: string;
}

/** What is done about a server rather than on it. */
export type Duty = 'audit' | 'review' | 'administer';

export type DenyCode =
  /** No policy permits it, or one forbids it. */
  | 'policy'
  /** It would be allowed, or held, with a justification: the last of its reasons says where one goes. */
  | 'justification'
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
      /** Names of the quorums that, met beside those that are, would lift the deny. */
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
  /** May this tool be called with these arguments, when these quorums are met? None are by default. */
  decideCall(asker: Asker, call: ToolCall, met?: readonly string[]): Decision;
  /** Quorums that policies on this tool's call test for, in configured order. */
  quorumsOf(server: string, tool: string): readonly string[];
  /** Whether a call of this tool can be held at all. */
  mayHold(server: string, tool: string): boolean;
  /** Whether policies on this tool's call look at a justification. */
  wantsJustification(server: string, tool: string): boolean;
  /** False for apps, for the requester itself, and for what is not pinned, whatever the policies say. */
  mayApprove(approver: Asker, question: ApprovalQuestion): boolean;
  /**
   * False unless a permit that names the action `reveal` says so, and on any evaluation error: who may do everything may
   * not for that see everything.
   */
  mayReveal(asker: Asker, question: RevealQuestion): boolean;
  /** `server` may be `_gateway`. */
  mayDo(asker: Asker, duty: Duty, server: string): boolean;
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
