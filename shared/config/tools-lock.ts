/**
 * Reads tools.lock.json: the tools that somebody looked at and pinned, by server. Each digest is computed anew,
 * so a lock edited by hand, or merged badly, fails at load. It never asks an upstream.
 */

import { z } from 'zod';
import { type JsonProblem, parseJson } from '../json/parse.ts';
import { isObject, type JsonObject } from '../json/value.ts';
import type { ConfigProblem, PinnedTool, ToolsLock } from './config.ts';
import { createFrozenMap } from './frozen.ts';
import { NAME_PATTERN } from './names.ts';
import { findOwnNames, OWN_NAME_MISTAKE } from './own-names.ts';
import { formatPath, type Path } from './problems.ts';
import { checkSchema } from './schema-problems.ts';
import { digestTool } from './tool-digest.ts';

export const LOCK_FILE = 'tools.lock.json';

/** A definition may nest as deep as a message may, 64 by default; it stands a few levels down in the lock. */
const DEPTH = 80;

const lockSchema = z.strictObject({
  version: z.literal(1),
  servers: z.record(
    z.string().regex(NAME_PATTERN, 'is not a server name'),
    z.record(
      z.string().min(1).max(128),
      z.strictObject({
        digest: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
        definition: z.custom<JsonObject>(isObject, 'must be the tool’s definition'),
      }),
    ),
  ),
});

export type ReadLock = { readonly lock?: ToolsLock; readonly problems: readonly ConfigProblem[] };

export function readToolsLock(text: string): ReadLock {
  const parsed = parseJson(text, { depth: DEPTH });
  if (!parsed.ok) return { problems: [problem([], `is not JSON as it is read here: ${describe(parsed.error)}`)] };
  const checked = checkSchema(lockSchema, parsed.value);
  if (checked.value === undefined)
    return { problems: checked.problems.map(({ path, message }) => problem(path, message)) };

  const { servers } = checked.value;
  const problems = Object.entries(servers).flatMap(([server, tools]) =>
    Object.entries(tools).flatMap(([tool, pin]) => checkPin(server, tool, pin)),
  );
  if (problems.length > 0) return { problems };
  return { lock: Object.freeze({ servers: toMaps(servers) }), problems };
}

interface Pin {
  readonly digest: string;
  readonly definition: JsonObject;
}

function checkPin(server: string, tool: string, { digest, definition }: Pin): ConfigProblem[] {
  const path = ['servers', server, tool];
  const problems: ConfigProblem[] = [];
  if (definition.name !== tool)
    problems.push(problem([...path, 'definition', 'name'], 'is not the key it stands under'));
  if (!isObject(definition.inputSchema)) {
    problems.push(problem([...path, 'definition', 'inputSchema'], 'must be a JSON Schema object'));
  }
  const own = findOwnNames(definition);
  problems.push(...own.map((place) => problem([...path, 'definition', ...place], OWN_NAME_MISTAKE)));
  if (digestTool(definition) !== digest) {
    problems.push(problem([...path, 'digest'], 'does not fit the definition: pin the tool again'));
  }
  return problems;
}

function toMaps(servers: Readonly<Record<string, Readonly<Record<string, Pin>>>>): ToolsLock['servers'] {
  return createFrozenMap(
    Object.entries(servers).map(([server, tools]) => {
      const pinned = Object.entries(tools).map(([name, pin]): [string, PinnedTool] => [name, { name, ...pin }]);
      return [server, createFrozenMap(pinned)] as const;
    }),
  );
}

function problem(path: Path, message: string): ConfigProblem {
  return { file: LOCK_FILE, path: formatPath(path), message };
}

function describe(error: JsonProblem): string {
  switch (error.code) {
    case 'duplicate-key':
      return `the key "${error.key}" stands twice in one object`;
    case 'reserved-key':
      return `the key "${error.key}" is reserved`;
    case 'too-deep':
      return `nested deeper than ${error.limit}`;
    case 'encoding':
    case 'byte-order-mark':
      return 'it is not plain UTF-8';
    case 'syntax':
      return error.detail;
  }
}
