/**
 * Which header may carry an upstream credential: any but those that frame a message, belong to MCP,
 * or are set by the gateway itself or by a proxy. The lock on this door is in the loader, not in each request.
 */

/** RFC 9110 §5.6.2 `token`. */
export const TOKEN_PATTERN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const TAKEN = new Set([
  ...['host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding', 'te', 'trailer', 'expect'],
  ...['connection', 'keep-alive', 'upgrade', 'http2-settings', 'via', 'forwarded', 'origin', 'referer', 'range'],
  ...['accept', 'accept-encoding', 'cookie', 'set-cookie', 'last-event-id', 'traceparent', 'tracestate', 'baggage'],
]);

const TAKEN_PREFIXES = ['mcp-', 'proxy-', 'sec-', 'access-control-', 'x-forwarded-', 'if-'];

export function mayCarryCredential(header: string): boolean {
  const name = header.toLowerCase();
  return !TAKEN.has(name) && !TAKEN_PREFIXES.some((prefix) => name.startsWith(prefix));
}
