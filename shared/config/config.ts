/**
 * The configuration as every other module sees it: one typed, deeply frozen value, made once by `loadConfig`
 * from `gateway.yaml`, `policies.cedar` and `tools.lock.json` (DESIGN §3, §4). Shapes only; no I/O.
 */
import type { JsonObject } from '../json/value.ts';
import type { Channel } from './channels.ts';
import type { MaskingAction } from './classes.ts';

export interface Config {
  /** Lower-case hex SHA-256 over the three files' bytes; stands in every genesis record. */
  readonly digest: string;
  readonly identity: IdentityConfig;
  /** Group name → Entra object id (lower case). */
  readonly groups: ReadonlyMap<string, string>;
  readonly quorums: ReadonlyMap<string, QuorumConfig>;
  readonly servers: ReadonlyMap<string, ServerConfig>;
  readonly masking: MaskingConfig;
  readonly transcripts: TranscriptConfig;
  readonly limits: LimitsConfig;
  readonly http: HttpConfig;
  readonly approvals: ApprovalsConfig;
  readonly policies: PolicySource;
  readonly lock: ToolsLock;
}

export interface IdentityConfig {
  /** Scope (short name, e.g. `Mcp.Invoke`) that a delegated token must carry in `scp`. */
  readonly scope: string;
  /** App role that an app-only token must carry in `roles`. */
  readonly role: string;
  /** Scope of a person's token for the API under `/api`; never the scope that agents get. */
  readonly apiScope: string;
  /** App role of an app-only token for the API. */
  readonly apiRole: string;
  /** App role of the Teams workflow, which brings people's answers. */
  readonly flowRole: string;
  /** `exact`: `resource` is each server's own URL; `parent`: `{public}/mcp` for all of them (FACTS §2). */
  readonly resource: 'exact' | 'parent';
  /** Further audiences to accept, beside the client id and the server's URL. */
  readonly audiences: readonly string[];
  /** Clock skew allowed on token times, seconds; default 60, at most 300. */
  readonly clockSkewSeconds: number;
  readonly clients?: ConnectClients;
}

/** Client ids of apps that people's programs sign in with: for pages that say how, never for a decision. */
export interface ConnectClients {
  /** A public client with redirect URIs on loopback. */
  readonly desktop?: string;
  readonly copilotStudio?: string;
}

/** A named demand on approvers; each entry wants `people` distinct people of `group`. */
export interface QuorumConfig {
  readonly from: readonly { readonly group: string; readonly people: number }[];
  /** Where an approval must be given to count; at least one, each once; default the page alone. */
  readonly channels: readonly Channel[];
}

export type RiskLabel = 'destructive' | 'read-only' | 'open-world';

export interface ServerConfig {
  readonly name: string;
  /** Upstream endpoint, http or https; plain http only to a loopback address. */
  readonly url: string;
  readonly credential?: CredentialConfig;
  /** Retention class: its transcripts live in the container `transcripts-{retention}`. */
  readonly retention: string;
  /** `off`: GET answers 405 (FACTS §9). */
  readonly notifications: 'on' | 'off';
  /** What is done with parts nobody could inspect (images, blobs). */
  readonly uninspected: 'deny' | 'allow';
  /** Methods beyond the protocol's that are passed on; default none. */
  readonly allowMethods: readonly string[];
  /** What becomes of a tool whose definition differs from its pin: hidden and refused, or only reported. */
  readonly drift: 'quarantine' | 'alert';
  /** Which eras the upstream speaks; `auto` asks it once (default). */
  readonly protocol: 'auto' | 'modern' | 'legacy';
  /** Whether the upstream may stand on a private, loopback, link-local or carrier-grade address; default refuse. */
  readonly privateAddresses: 'refuse' | 'allow';
  /** Where an approved call runs: in the approver function, or with the agent's next identical call; default worker. */
  readonly release: 'worker' | 'caller';
  /** Field rules beside those for all servers. */
  readonly masking?: { readonly rules: readonly FieldRule[] };
  /** Risk labels as *our* configuration says, by tool. */
  readonly tools: ReadonlyMap<string, { readonly labels: readonly RiskLabel[] }>;
}

export interface CredentialConfig {
  /** Key Vault secret name. */
  readonly secret: string;
  /** Header it is sent in, lower case, e.g. `x-api-key` or `authorization`. */
  readonly header: string;
  /** Put before the value with one space, e.g. `Bearer`. */
  readonly scheme?: string;
}

export interface MaskingConfig {
  /** Names of all classes that are looked for: built-in ones and those of `custom`. */
  readonly classes: readonly string[];
  /** Classes of the configuration's own, by name. */
  readonly custom?: ReadonlyMap<string, CustomClass>;
  /** For all servers. */
  readonly rules?: readonly FieldRule[];
  /** By class; redact where none is named. */
  readonly actions?: ReadonlyMap<string, MaskingAction>;
}

/** Found by its pattern, its words, both, or rules alone. */
export interface CustomClass {
  /** Its work is bounded (`bounded-pattern.ts`). */
  readonly pattern?: string;
  readonly words?: readonly string[];
}

/** Fields whose whole value is data of the class: those at a JSONPath, or all of a name. */
export interface FieldRule {
  readonly class: string;
  readonly path?: string;
  readonly column?: string;
  /** Instead of the class's. */
  readonly action?: MaskingAction;
}

export interface TranscriptConfig {
  readonly retention: ReadonlyMap<string, { readonly days: number }>;
  /** Deadline of one record becoming durable, milliseconds; default 10,000. */
  readonly deadlineMs: number;
  /** A segment without records for so long is closed, milliseconds; default 900,000. */
  readonly idleMs: number;
}

export interface LimitsConfig {
  /** Bytes of one request; default 4 MiB → 413. */
  readonly requestBytes: number;
  /** Bytes of one whole answer; default 64 MiB. */
  readonly answerBytes: number;
  /** Bytes of one SSE event; default 16 MiB. */
  readonly eventBytes: number;
  /** Masking of one message, milliseconds; default 2,000. What is not looked through by then is withheld. */
  readonly maskingMs: number;
  /** JSON nesting; default 64. */
  readonly depth: number;
  /** Upstream's first byte, milliseconds; default 30,000. */
  readonly firstByteMs: number;
  /** Whole exchange, milliseconds; default 240,000, never more (DESIGN §5). */
  readonly deadlineMs: number;
  /** Lifetime of a GET or `subscriptions/listen` stream, milliseconds; default 600,000. The client opens it again. */
  readonly streamMs: number;
  /** Bytes of a request's header fields together; default 14 KiB → 431; Node itself stops at 16 KiB, unrecorded. */
  readonly headerBytes: number;
  readonly principal: {
    /** Calls on their way at once, at each instance; default 32 → 429. */
    readonly callsAtOnce: number;
    /** GET and `subscriptions/listen` streams open at once, at each instance; default 8 → 429. */
    readonly streamsAtOnce: number;
    /** Requests of any kind, shared by instances within a bound; default 600 → 429 with Retry-After. */
    readonly callsPerMinute: number;
  };
  /** At each instance. */
  readonly server: {
    /** Default 256 → 503. */
    readonly callsAtOnce: number;
    /** Default 256 → 503. */
    readonly streamsAtOnce: number;
  };
}

export interface HttpConfig {
  /** Origins (exact, e.g. `https://agents.example.com`) whose browsers may call; requests without `Origin` are not browsers. */
  readonly origins: readonly string[];
  /** Further `Host` names (no port) beside the public URL's. */
  readonly hosts: readonly string[];
  /** Trusted proxies in front, counted from the right of `X-Forwarded-For`; default 1. */
  readonly trustedHops: number;
}

export interface ApprovalsConfig {
  /** A request that nobody decided ends so long after it was made, milliseconds; default one hour, at most a week. */
  readonly expireMs: number;
  /** A kept answer is handed out for so long, milliseconds; default one day, at most a week. */
  readonly keepAnswerMs: number;
  /** Requests of one principal that may wait at once; default 100. */
  readonly openAtMost: number;
  readonly teams?: TeamsConfig;
}

/** Names of Key Vault secrets; without one, that half of Teams is off. */
export interface TeamsConfig {
  /** Holds the URL of the workflow that posts cards: whoever knows it can post. */
  readonly webhookSecret?: string;
  /** Holds the key with which an outgoing webhook signs replies. */
  readonly replySecret?: string;
  /** Posts cards that can be answered where they stand; in the place of `webhookSecret`. */
  readonly flow?: TeamsFlowConfig;
}

export interface TeamsFlowConfig {
  /** Object id of its managed identity. */
  readonly identity: string;
  /** Name of the secret that holds the URL which starts it. */
  readonly urlSecret: string;
}

export interface PolicySource {
  /** File name as shown in messages, e.g. `policies.cedar`. */
  readonly file: string;
  readonly text: string;
}

/** `tools.lock.json`: each tool's pinned definition, by server. */
export interface ToolsLock {
  readonly servers: ReadonlyMap<string, ReadonlyMap<string, PinnedTool>>;
}

export interface PinnedTool {
  readonly name: string;
  /** Hex SHA-256 of the canonical definition (name, title, description, schemas, annotations). */
  readonly digest: string;
  /** The whole definition as the upstream gave it when it was pinned. */
  readonly definition: JsonObject;
}

/** One mistake in a configuration file; all of them are reported at once. */
export interface ConfigProblem {
  readonly file: string;
  /** Where in the document, e.g. `servers.crm.url`; empty for the whole file. */
  readonly path: string;
  /** 1-based, where known. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}
