/**
 * Task ids as clients see them: the upstream's id and the tool that began it, under a keyed MAC over caller and server
 * (FACTS §1.11). The same task always has the same handle, so a client can compare them; nobody else's is taken.
 */
import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Caller } from '../identity/caller.ts';
import type { Keyring } from '../keys/keyring.ts';
import { bindingOf } from './binding.ts';

export interface TaskRef {
  readonly taskId: string;
  readonly tool: string;
}

const schema = z.tuple([z.string(), z.string()]);

export function makeTaskHandle(keyring: Keyring, caller: Caller, server: string, { taskId, tool }: TaskRef): string {
  const content = Buffer.from(JSON.stringify([taskId, tool]), 'utf8').toString('base64url');
  return `${content}.${keyring.name('token', aadOf(caller, server, content))}`;
}

export function readTaskHandle(keyring: Keyring, caller: Caller, server: string, handle: string): TaskRef | undefined {
  const [content = '', mac = '', ...rest] = handle.split('.');
  if (rest.length > 0) return undefined;
  const known = keyring.names('token', aadOf(caller, server, content)).some((name) => isSame(name, mac));
  if (!known) return undefined;
  const parsed = schema.safeParse(JSON.parse(Buffer.from(content, 'base64url').toString('utf8')));
  return parsed.success ? { taskId: parsed.data[0], tool: parsed.data[1] } : undefined;
}

function aadOf(caller: Caller, server: string, content: string): string {
  return bindingOf(caller, server, 'task', content);
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
