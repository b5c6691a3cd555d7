/**
 * A caller's network address as Cedar's `ipaddr` knows it. An IPv4 address in IPv6's clothes becomes IPv4 again, so that
 * a range that a policy names can't be walked around; what is no address is unknown, and absent from the request.
 */
import { isIPv4, isIPv6 } from 'node:net';

const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/** `10.0.0.1` or `2001:db8::1`; undefined for anything else, a port or a zone included. */
export function readAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high, low] = MAPPED.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  return [...bytesOf(high), ...bytesOf(low)].join('.');
}

function bytesOf(group: string): readonly number[] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
