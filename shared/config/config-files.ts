/**
 * The three files of a configuration folder, read side by side, and the digest that names exactly these bytes.
 * It reads; it judges nothing but whether a file is there and is UTF-8.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ConfigProblem } from './config.ts';
import { LOCK_FILE } from './tools-lock.ts';

export const GATEWAY_FILE = 'gateway.yaml';
export const POLICY_FILE = 'policies.cedar';

/** In the order in which the digest takes them. */
const FILES = [GATEWAY_FILE, POLICY_FILE, LOCK_FILE] as const;

type FileName = (typeof FILES)[number];

export type ReadFile = (path: string) => Promise<Uint8Array>;

export interface ConfigFiles {
  /** What could be read, by file name. */
  readonly texts: ReadonlyMap<FileName, string>;
  readonly digest: string;
  readonly problems: readonly ConfigProblem[];
}

export async function readConfigFiles(folder: string, readFile: ReadFile): Promise<ConfigFiles> {
  const files = await Promise.all(FILES.map(async (name) => ({ name, ...(await read(join(folder, name), readFile)) })));
  return {
    texts: new Map(files.flatMap(({ name, text }) => (text === undefined ? [] : [[name, text] as const]))),
    digest: digestFiles(files),
    problems: files.flatMap(({ name, message }) => (message === undefined ? [] : [{ file: name, path: '', message }])),
  };
}

type ReadResult = { readonly bytes: Uint8Array; readonly text?: string; readonly message?: string };

async function read(path: string, readFile: ReadFile): Promise<ReadResult> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    const message = code === 'ENOENT' ? `not found: ${path}` : `can’t be read (${code}): ${path}`;
    return { bytes: new Uint8Array(), message };
  }
  try {
    return { bytes, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { bytes, message: 'is not UTF-8' };
  }
}

/**
 * What `sha256sum gateway.yaml policies.cedar tools.lock.json | sha256sum` prints:
 * an auditor needs no tool of ours to say whether these are the files that a transcript names.
 */
function digestFiles(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): string {
  const lines = files.map(({ name, bytes }) => `${sha256(bytes)}  ${name}\n`);
  return sha256(lines.join(''));
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}
