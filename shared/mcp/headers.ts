/**
 * Era of a message, and whether its headers agree with its body (MCP 2026-07-28, Streamable HTTP, "Standard request headers").
 * The body decides; a header can only contradict it. Legacy clients' `Mcp-*` headers are never trusted for anything.
 */
import { isObject, type JsonObject } from '../json/value.ts';
import { err, ok, type Result } from '../result.ts';
import type { Message, NotificationMessage, RequestMessage } from './message.ts';
import {
  type Era,
  LEGACY_VERSIONS,
  META_CLIENT_CAPABILITIES,
  META_PROTOCOL_VERSION,
  MODERN_VERSIONS,
  NAME_SOURCES,
} from './protocol.ts';

export interface Classified {
  readonly era: Era;
  /** The revision the message or its headers name, where they do. */
  readonly version?: string;
}

export type HeaderProblem =
  | { readonly code: 'header-mismatch'; readonly header: string; readonly detail: string }
  | { readonly code: 'missing-meta'; readonly missing: readonly string[] }
  | { readonly code: 'unsupported-version'; readonly era: Era; readonly requested: string };

export function classifyMessage(message: Message, headers: Headers): Result<Classified, HeaderProblem> {
  const headerVersion = headers.get('mcp-protocol-version')?.trim();
  if (message.kind === 'response') return legacy(headerVersion);

  const meta = message.params?._meta;
  const claimed = isObject(meta) ? meta[META_PROTOCOL_VERSION] : undefined;
  const isInitialize = message.kind === 'request' && message.method === 'initialize';

  // `initialize` is the legacy handshake, unless it claims a modern revision: that era then does not know the method.
  const isLegacyHandshake = isInitialize && !(typeof claimed === 'string' && isModern(claimed));
  if (claimed !== undefined && !isLegacyHandshake) {
    return isObject(meta) ? classifyClaim(message, meta, claimed, headers, headerVersion) : missingMeta();
  }
  if (headerVersion !== undefined && isModern(headerVersion)) {
    if (isInitialize) return mismatch('MCP-Protocol-Version', 'initialize belongs to earlier revisions');
    if (message.kind === 'request') return missingMeta();
    return agree(message, headers, headerVersion);
  }
  return legacy(headerVersion);
}

function classifyClaim(
  message: RequestMessage | NotificationMessage,
  meta: JsonObject,
  claimed: unknown,
  headers: Headers,
  headerVersion: string | undefined,
): Result<Classified, HeaderProblem> {
  if (typeof claimed !== 'string') return missingMeta();
  if (headerVersion !== undefined && headerVersion !== claimed) {
    return mismatch('MCP-Protocol-Version', 'it names another revision than the body');
  }
  if (!isModern(claimed)) return err({ code: 'unsupported-version', era: 'modern', requested: claimed });
  if (message.kind === 'request') {
    if (!isObject(meta[META_CLIENT_CAPABILITIES])) {
      return err({ code: 'missing-meta', missing: [META_CLIENT_CAPABILITIES] });
    }
    if (headerVersion === undefined) return mismatch('MCP-Protocol-Version', 'it is absent');
  }
  return agree(message, headers, claimed);
}

/** `Mcp-Method` and `Mcp-Name` against the body; presence is asked of requests only. */
function agree(
  message: RequestMessage | NotificationMessage,
  headers: Headers,
  version: string,
): Result<Classified, HeaderProblem> {
  const method = headers.get('mcp-method')?.trim();
  if (method === undefined && message.kind === 'request') return mismatch('Mcp-Method', 'it is absent');
  if (method !== undefined && method !== message.method) {
    return mismatch('Mcp-Method', 'it names another method than the body');
  }
  const source = NAME_SOURCES.get(message.method);
  const bodyName = source === undefined ? undefined : message.params?.[source];
  if (message.kind === 'request' && source !== undefined) {
    const header = headers.get('mcp-name')?.trim();
    if (header === undefined) {
      if (typeof bodyName === 'string') return mismatch('Mcp-Name', 'it is absent');
    } else {
      const decoded = decodeHeaderValue(header);
      if (decoded === undefined) return mismatch('Mcp-Name', 'its base64 is not canonical');
      if (decoded !== bodyName) return mismatch('Mcp-Name', 'it names something else than the body');
    }
  }
  return ok({ era: 'modern', version });
}

const SENTINEL = /^=\?base64\?((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)\?=$/;

/** A header value in clear, `=?base64?…?=` decoded; undefined where the sentinel holds anything but canonical base64 of UTF-8. */
export function decodeHeaderValue(value: string): string | undefined {
  if (!(value.startsWith('=?base64?') && value.endsWith('?='))) return value;
  const encoded = SENTINEL.exec(value)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The reverse: plain visible ASCII stands as it is, anything else (or what looks encoded) in base64. */
export function encodeHeaderValue(value: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !value.startsWith('=?base64?');
  return isPlain ? value : `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}

function isModern(version: string): boolean {
  return MODERN_VERSIONS.some((modern) => modern === version);
}

function legacy(headerVersion: string | undefined): Result<Classified, HeaderProblem> {
  if (headerVersion === undefined) return ok({ era: 'legacy' });
  const isKnown = LEGACY_VERSIONS.some((known) => known === headerVersion);
  return isKnown
    ? ok({ era: 'legacy', version: headerVersion })
    : err({ code: 'unsupported-version', era: 'legacy', requested: headerVersion });
}

function missingMeta(): Result<never, HeaderProblem> {
  return err({ code: 'missing-meta', missing: [META_PROTOCOL_VERSION] });
}

function mismatch(header: string, detail: string): Result<never, HeaderProblem> {
  return err({ code: 'header-mismatch', header, detail });
}
