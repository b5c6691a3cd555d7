/**
 * Every place of every message to a client, in both eras (MCP 2025-11-25 and earlier; 2026-07-28 with its tasks extension).
 * A test walks the protocol's own schemas and fails where one has a place that is not here. Few stay as they came
 * (`KEPT`): what the client compares with its own, or must send back as it is.
 */
import { SCHEMA } from './json-schema.ts';
import { BINARY, DATA, KEPT, mapOf, mapOfKept, objectOf, type Place, PROSE, TEXT } from './place.ts';

const ICON = objectOf({ src: TEXT, mimeType: TEXT, sizes: TEXT, theme: TEXT });
const ANNOTATIONS = objectOf({
  ...{ audience: TEXT, priority: TEXT, lastModified: TEXT, title: TEXT },
  ...{ readOnlyHint: TEXT, destructiveHint: TEXT, idempotentHint: TEXT, openWorldHint: TEXT },
});
const IMPLEMENTATION = objectOf({
  ...{ name: TEXT, title: TEXT, version: TEXT, description: TEXT, websiteUrl: TEXT, icons: ICON },
});

/** Correlates a message with the client's own request, stream, subscription or task. The rest is the server's to fill. */
const META = objectOf({
  progressToken: KEPT,
  'io.modelcontextprotocol/subscriptionId': KEPT,
  'io.modelcontextprotocol/related-task': objectOf({ taskId: KEPT }),
  'io.modelcontextprotocol/serverInfo': IMPLEMENTATION,
  'io.modelcontextprotocol/protocolVersion': TEXT,
  'io.modelcontextprotocol/logLevel': TEXT,
});

const ABOUT = { title: TEXT, description: TEXT, icons: ICON, annotations: ANNOTATIONS, _meta: META };

/**
 * A link is masked like what it leads to: a URI with data in it says the data. What can't be told can't be read either;
 * servers whose URIs hold ids are not touched.
 */
const RESOURCE_CONTENTS = objectOf({ uri: TEXT, mimeType: TEXT, text: PROSE, blob: BINARY, _meta: META });
const RESOURCE = objectOf({ ...ABOUT, uri: TEXT, uriTemplate: TEXT, name: TEXT, mimeType: TEXT, size: TEXT });

const blockMembers = new Map<string, Place>();
/** One block of content, of whatever type. `data` is an image's or a sound's, and no other block has it. */
const BLOCK: Place = { kind: 'text', members: blockMembers, others: DATA };
for (const [name, place] of [
  ...Object.entries({ type: TEXT, text: PROSE, data: BINARY, mimeType: TEXT, resource: RESOURCE_CONTENTS }),
  ...Object.entries({ ...ABOUT, uri: TEXT, name: TEXT, size: TEXT }),
  // Of sampling: a tool's use and its result, which the client pairs by their ids.
  ...Object.entries({ id: KEPT, toolUseId: KEPT, input: DATA, structuredContent: DATA, isError: TEXT, content: BLOCK }),
] as const)
  blockMembers.set(name, place);

/** A tool's name goes back in its call; the operator has read and pinned it. */
const TOOL = objectOf({
  ...{ ...ABOUT, name: KEPT, inputSchema: SCHEMA, outputSchema: SCHEMA },
  execution: objectOf({ taskSupport: TEXT }),
});
const PROMPT = objectOf({
  ...{ ...ABOUT, name: TEXT },
  arguments: objectOf({ name: TEXT, title: TEXT, description: TEXT, required: TEXT }),
});
const PROMPT_MESSAGE = objectOf({ role: TEXT, content: BLOCK, _meta: META });

/** A handle of ours, or of the era that has no handles: the client asks for the task by it. */
const TASK = {
  ...{ taskId: KEPT, status: TEXT, statusMessage: PROSE, createdAt: TEXT, lastUpdatedAt: TEXT },
  ...{ ttl: TEXT, ttlMs: TEXT, pollInterval: TEXT, pollIntervalMs: TEXT },
};

const ERROR_OBJECT = objectOf({ code: TEXT, message: PROSE, data: DATA });

/** What a server asks for or notifies of. */
const PARAMS = objectOf({
  ...{ ...TASK, _meta: META, task: objectOf({ taskId: KEPT, ttl: TEXT }) },
  // Of the client's own request, that it goes on or is cancelled.
  ...{ progressToken: KEPT, requestId: KEPT, progress: TEXT, total: TEXT, message: PROSE, reason: PROSE },
  ...{ level: TEXT, logger: TEXT, data: DATA },
  // The client named it when it subscribed, and finds what it holds by it.
  ...{ uri: KEPT, notifications: objectOf({ resourceSubscriptions: KEPT }) },
  ...{ cursor: KEPT },
  // A person opens exactly this page; a link without its state leads nowhere. The protocol allows no personal data in it.
  ...{ mode: TEXT, url: KEPT, elicitationId: KEPT, requestedSchema: SCHEMA },
  // Sampling: what the server would have the client's model read.
  ...{ messages: PROMPT_MESSAGE, systemPrompt: PROSE, includeContext: TEXT, metadata: DATA, tools: TOOL },
  ...{ maxTokens: TEXT, temperature: TEXT, stopSequences: TEXT, toolChoice: objectOf({ mode: TEXT }) },
  modelPreferences: objectOf({
    ...{ hints: objectOf({ name: TEXT }), costPriority: TEXT, speedPriority: TEXT, intelligencePriority: TEXT },
  }),
});

const QUESTION = objectOf({ method: KEPT, params: PARAMS });

const RESULT_MEMBERS = {
  ...{ ...TASK, _meta: META, resultType: TEXT, cacheScope: TEXT },
  // Opaque to the client, which hands them back; `requestState` is sealed by the gateway.
  ...{ nextCursor: KEPT, requestState: KEPT },
  ...{ protocolVersion: TEXT, supportedVersions: TEXT, serverInfo: IMPLEMENTATION, instructions: TEXT },
  // Names of features; what an experimental one says of itself is data.
  capabilities: mapOf(DATA),
  ...{ content: BLOCK, structuredContent: DATA, isError: TEXT },
  ...{ contents: RESOURCE_CONTENTS, resources: RESOURCE, resourceTemplates: RESOURCE },
  ...{ prompts: PROMPT, messages: PROMPT_MESSAGE, description: TEXT, tools: TOOL },
  completion: objectOf({ values: TEXT, total: TEXT, hasMore: TEXT }),
  ...{ task: objectOf(TASK), tasks: objectOf(TASK) },
  // The client answers each question under the name that the server gave it.
  inputRequests: mapOfKept(QUESTION),
  error: ERROR_OBJECT,
};

/** A finished task holds the result of its call. */
const RESULT = objectOf({ ...RESULT_MEMBERS, result: objectOf(RESULT_MEMBERS) });

/** A JSON-RPC message to the client. */
export const MESSAGE: Place = objectOf({
  ...{ jsonrpc: KEPT, id: KEPT, method: KEPT },
  ...{ params: PARAMS, result: RESULT, error: ERROR_OBJECT },
});

/** The parameters of a client's request: nobody compares them in a record. Field rules go for its arguments. */
export const REQUEST: Place = objectOf({ name: TEXT, uri: TEXT, arguments: DATA });
