/**
 * Every place of every message to a client, as the protocol's own schemas have them (the SDK's, of both eras), and what
 * the packages do not export of the modern one. A place is a path: names, `[]` for the items of an array, `*` for names
 * that are the sender's own.
 */
import * as modern from '@modelcontextprotocol/core';
import * as legacy from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

export interface SchemaPlace {
  readonly path: readonly string[];
  readonly type: 'string' | 'number' | 'anything';
}

/** Results that ask back, tasks of the extension, and what caches are told (MCP 2026-07-28). */
const question = z.union([
  modern.CreateMessageRequestSchema,
  modern.ElicitRequestSchema,
  modern.ListRootsRequestSchema,
]);
const modernTask = z.object({
  resultType: z.string(),
  ...{ taskId: z.string(), status: z.string(), statusMessage: z.string(), createdAt: z.string() },
  ...{ lastUpdatedAt: z.string(), ttlMs: z.number(), pollIntervalMs: z.number() },
  result: z.union([modern.CallToolResultSchema, modern.GetPromptResultSchema, modern.ReadResourceResultSchema]),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown() }),
});
const modernOnly = z.object({
  ...{ resultType: z.string(), requestState: z.string(), ttlMs: z.number(), cacheScope: z.string() },
  inputRequests: z.record(z.string(), question),
});

const RESULTS: readonly z.core.$ZodType[] = [
  ...[modern.ServerResultSchema, modern.CallToolResultSchema, modern.DiscoverResultSchema, modernOnly, modernTask],
  ...[modern.GetTaskPayloadResultSchema, modern.CreateTaskResultSchema, modern.SubscriptionsListenResultSchema],
  ...[legacy.ServerResultSchema, legacy.CallToolResultSchema, legacy.CreateTaskResultSchema],
];
const MESSAGES: readonly z.core.$ZodType[] = [
  ...[modern.ServerNotificationSchema, modern.ServerRequestSchema, modern.JSONRPCErrorResponseSchema],
  ...[modern.SubscriptionsAcknowledgedNotificationSchema, modern.TaskStatusNotificationSchema],
  ...[modern.JSONRPCMessageSchema, legacy.JSONRPCMessageSchema, legacy.JSONRPCErrorResponseSchema],
  ...[legacy.ServerNotificationSchema, legacy.ServerRequestSchema],
];

export function listSchemaPlaces(): readonly SchemaPlace[] {
  const places = new Map<string, SchemaPlace>();
  const add = (schema: z.core.$ZodType, path: readonly string[]) => {
    for (const place of placesIn(schema, path, [])) places.set(JSON.stringify([place.path, place.type]), place);
  };
  for (const result of RESULTS) add(result, ['result']);
  for (const message of MESSAGES) add(message, []);
  return [...places.values()];
}

/** What a schema allows below `path`; one that holds itself is followed once. */
function* placesIn(
  schema: z.core.$ZodType,
  path: readonly string[],
  above: readonly z.core.$ZodType[],
): Generator<SchemaPlace> {
  if (above.includes(schema)) return;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const inside = (inner: z.core.$ZodType, ...steps: string[]) =>
    placesIn(inner, [...path, ...steps], [...above, schema]);
  switch (def.type) {
    case 'object':
      for (const [name, member] of Object.entries(def.shape)) yield* inside(member, name);
      if (def.catchall !== undefined && def.catchall._zod.def.type !== 'never') yield* inside(def.catchall, '*');
      return;
    case 'array':
      yield* inside(def.element, '[]');
      return;
    case 'union':
      for (const option of def.options) yield* inside(option);
      return;
    case 'intersection':
      yield* inside(def.left);
      yield* inside(def.right);
      return;
    case 'record':
      yield* inside(def.valueType, '*');
      return;
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'catch':
    case 'readonly':
      yield* inside(def.innerType);
      return;
    case 'lazy':
      yield* inside(def.getter());
      return;
    case 'pipe':
      yield* inside(def.in);
      return;
    case 'number':
      yield { path, type: 'number' };
      return;
    case 'string':
    case 'enum':
    case 'literal':
      yield { path, type: 'string' };
      return;
    case 'unknown':
    case 'any':
    case 'custom':
      yield { path, type: 'anything' };
      return;
    case 'boolean':
    case 'null':
    case 'undefined':
    case 'never':
      return;
    default:
      throw new Error(`a schema of a kind that nobody walks here: ${def.type}`);
  }
}
