/**
 * Reads a form that a page of ours sent, and knows it as one by its token: a keyed name of the session, which no other
 * site and no other session can make. Hono's check of `Origin` and `Sec-Fetch-Site` stands before it; either would do.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Keyring } from '../keys/keyring.ts';

export interface FormTokens {
  create(sessionId: string): string;
  isToken(sessionId: string, text: string): boolean;
}

/** Bytes; a reason of 500 characters is 4,500 at most, the rest is ours. */
export const FORM_BYTES = 16 * 1_024;

const dataOf = (sessionId: string) => `form-token ${sessionId}`;

export function createFormTokens(keyring: Keyring): FormTokens {
  return {
    create: (sessionId) => keyring.name('cookie', dataOf(sessionId)),
    isToken: (sessionId, text) => keyring.names('cookie', dataOf(sessionId)).some((name) => isSame(name, text)),
  };
}

function isSame(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Undefined for another media type, and where a field stands twice: nobody's browser sends that. */
export async function readForm(request: Request): Promise<ReadonlyMap<string, string> | undefined> {
  const [type] = (request.headers.get('content-type') ?? '').split(';');
  if (type?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return undefined;
  const fields = [...new URLSearchParams(await request.text())];
  const form = new Map(fields);
  return form.size === fields.length ? form : undefined;
}
