/**
 * `tools.lock.json` as `sallyport pin` makes it: sorted at every level, so that a difference in source control is a
 * difference of the tools; replaced whole, so that a crash leaves the old file or the new one.
 */
import { open, readFile, rename, rm } from 'node:fs/promises';
import type { ToolsLock } from '../../shared/config/config.ts';
import { findOwnNames } from '../../shared/config/own-names.ts';
import { formatProblems } from '../../shared/config/problems.ts';
import { digestTool } from '../../shared/config/tool-digest.ts';
import { readToolsLock } from '../../shared/config/tools-lock.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../shared/json/value.ts';
import { CommandFailure } from './outcome.ts';

export interface Pin {
  readonly digest: string;
  readonly definition: JsonObject;
}

/** By server and tool. */
export type Pins = ReadonlyMap<string, ReadonlyMap<string, Pin>>;

/** No pins where there is no file yet. Throws `CommandFailure` for one that is damaged: it may hold what others pinned. */
export async function readPins(file: string): Promise<Pins> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw error;
  }
  const { lock, problems } = readToolsLock(text);
  if (lock === undefined)
    throw new CommandFailure(`${formatProblems(problems)}\nmend ${file}, or delete it to pin anew`);
  return toPins(lock);
}

function toPins({ servers }: ToolsLock): Pins {
  const pins = new Map<string, ReadonlyMap<string, Pin>>();
  for (const [server, tools] of servers) {
    pins.set(server, new Map([...tools].map(([name, { digest, definition }]) => [name, { digest, definition }])));
  }
  return pins;
}

/** Throws `CommandFailure` for a tool that can't be pinned. `server` is for the message. */
export function pinTools(server: string, tools: readonly JsonObject[]): ReadonlyMap<string, Pin> {
  const pins = new Map<string, Pin>();
  for (const definition of tools) {
    const { name } = definition;
    if (typeof name !== 'string' || name === '' || name.length > 128) {
      throw new CommandFailure(`${server} has a tool without a fit name: 1 to 128 characters`);
    }
    if (pins.has(name)) throw new CommandFailure(`${server} has two tools named ${quoteName(name)}`);
    const digest = digestTool(definition);
    if (digest === undefined || !isObject(definition.inputSchema)) {
      throw new CommandFailure(`${server} has a tool ${quoteName(name)} whose definition can't be pinned`);
    }
    if (findOwnNames(definition).length > 0) {
      throw new CommandFailure(
        `${server} has a tool ${quoteName(name)} that uses a name the gateway keeps: sallyport_…`,
      );
    }
    pins.set(name, { digest, definition });
  }
  return pins;
}

export async function writePins(file: string, pins: Pins): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o644);
    try {
      await handle.writeFile(formatPins(pins));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export function formatPins(pins: Pins): string {
  const servers = Object.fromEntries([...pins].map(([server, tools]) => [server, Object.fromEntries(tools)]));
  return `${JSON.stringify({ version: 1, servers: sortKeys(servers) }, null, 2)}\n`;
}

/** By code units, not by a locale: the same file on every machine. */
function sortKeys(value: Json | Pin | Readonly<Record<string, unknown>>): unknown {
  if (isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sortKeys(member)]));
}

/** An upstream chose it: on a terminal only plain characters are shown as they are. */
export function quoteName(name: string): string {
  return /^[\w./-]+$/.test(name) ? name : JSON.stringify(name).replace(/[^\x20-\x7e]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
