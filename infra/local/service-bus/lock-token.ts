/**
 * Lock tokens: random UUIDs. On a delivery they are its tag, in .NET's GUID order (the first three groups reversed);
 * in management requests they have the order of the RFC.
 */
import { randomUUID } from 'node:crypto';

export function createLockToken(): string {
  return randomUUID();
}

export function toDeliveryTag(token: string): Buffer {
  return reorder(Buffer.from(token.replaceAll('-', ''), 'hex'));
}

/** The token that the tag carries; for a tag that is none, a text that no lock has. */
export function fromDeliveryTag(tag: Buffer): string {
  return fromUuidBytes(reorder(tag));
}

export function fromUuidBytes(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function reorder(bytes: Buffer): Buffer {
  const groups = [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8)];
  return Buffer.concat([...groups.map((group) => Buffer.from(group).reverse()), bytes.subarray(8)]);
}
