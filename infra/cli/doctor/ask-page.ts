/**
 * One request of a check to the gateway or the authority: no token, no redirect, a bounded answer. Whoever asks judges
 * what came.
 */
import { parseJsonBytes } from '../../../shared/json/parse.ts';
import { readBody } from '../../../shared/mcp/body.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Page {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined for what is no JSON. */
  readonly json: unknown;
}

const MAX_BYTES = 1_024 * 1_024;

/** Rejects where no answer came. */
export async function askPage(fetch: Fetch, url: string, signal: AbortSignal, init: RequestInit = {}): Promise<Page> {
  const { status, headers, body } = await fetch(url, { ...init, redirect: 'manual', signal });
  const bytes = await readBody(body, MAX_BYTES, signal);
  const json = bytes.ok ? parseJsonBytes(bytes.value) : undefined;
  return { status, headers, json: json?.ok ? json.value : undefined };
}
