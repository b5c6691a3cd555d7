/**
 * The caller's network address, for policies and records: counted from the right of `X-Forwarded-For`, because only
 * the trusted proxies in front wrote there; what stands further left is whatever the caller claimed (FACTS §9).
 */
import { isIP, isIPv6 } from 'node:net';

export const UNKNOWN_ADDRESS = 'unknown';

/**
 * `trustedHops`: proxies in front, each of which adds the address it was called from. With none, or fewer entries than
 * hops, nobody trustworthy says anything: `unknown`. IPv6 comes in its shortest form, without brackets, port or zone.
 */
export function findCallerAddress(forwardedFor: string | null, trustedHops: number): string {
  if (forwardedFor === null || trustedHops < 1) return UNKNOWN_ADDRESS;
  const entry = forwardedFor.split(',').at(-trustedHops)?.trim();
  return entry === undefined ? UNKNOWN_ADDRESS : normalise(withoutPort(entry));
}

/** `192.0.2.1:5000` and `[2001:db8::1]:443`; a bare IPv6 address has colons and no port. */
function withoutPort(entry: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(entry) ?? [];
  return bracketed ?? plain ?? entry;
}

function normalise(text: string): string {
  if (isIP(text) === 0 || text.includes('%')) return UNKNOWN_ADDRESS;
  if (!isIPv6(text)) return text;
  const shortest = new URL(`http://[${text}]`).hostname.slice(1, -1);
  return fromMapped(shortest) ?? shortest;
}

/** `::ffff:192.0.2.1`, as dual-stack sockets give it, is the IPv4 address (RFC 4291 §2.5.5.2). */
function fromMapped(address: string): string | undefined {
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const bytes = [high, low].map((word) => Number.parseInt(word, 16)).flatMap((word) => [word >> 8, word & 0xff]);
  return bytes.join('.');
}
