/**
 * The hash chain of a segment (DESIGN §6): each line names the SHA-256 of the bytes of the line before it, without
 * the newline that ends it. A block is what one append writes: records, then a line that signs the chain's new head.
 * Pure: whoever commits a block decides when its new state counts.
 */
import { createHash, type KeyObject, verify } from 'node:crypto';
import { type Draft, openObject } from './line.ts';
import type { SignatureLine } from './line-schema.ts';

/** What the first line names as its predecessor. */
export const NO_PREVIOUS = '0'.repeat(64);

/** Where the next line goes: its number, and the hash of the line before it. */
export interface ChainState {
  readonly seq: number;
  readonly prev: string;
}

export const chainStart: ChainState = { seq: 0, prev: NO_PREVIOUS };

export interface Block {
  readonly bytes: Uint8Array;
  readonly end: ChainState;
}

export type Sign = (statement: Uint8Array) => Uint8Array;

/** Lower-case hex SHA-256 of a line's bytes, without its newline. */
export function hashLine(line: string | Uint8Array): string {
  return createHash('sha256').update(line).digest('hex');
}

export function buildBlock(
  segment: string,
  start: ChainState,
  heads: readonly Draft['head'][],
  signature: { readonly time: string; readonly sign: Sign },
): Block {
  const lines: string[] = [];
  let state = start;
  const chainLine = (head: string): void => {
    const line = `${head},"chain":${JSON.stringify({ segment, seq: state.seq, prev: state.prev })}}`;
    lines.push(line, '\n');
    state = { seq: state.seq + 1, prev: hashLine(line) };
  };
  for (const head of heads) chainLine(head);
  const signed = signature.sign(headStatement(signature.time, segment, state));
  chainLine(
    openObject({ time: signature.time, kind: 'signature', signature: Buffer.from(signed).toString('base64url') }),
  );
  return { bytes: Buffer.from(lines.join('')), end: state };
}

/** What a signature line signs: its own place in the chain and its time, so that no byte of it is free. */
function headStatement(time: string, segment: string, state: ChainState): Uint8Array {
  const { seq, prev } = state;
  return Buffer.from(JSON.stringify({ purpose: 'sallyport-transcript-head', time, segment, seq, prev }));
}

/** Whether the writer's key signed the head that this line claims. */
export function isSignedBy(key: KeyObject, line: SignatureLine): boolean {
  const statement = headStatement(line.time, line.chain.segment, line.chain);
  return isSignature(key, statement, line.signature);
}

/** ES256: ECDSA on P-256 over SHA-256, the signature as base64url of r and s, 32 bytes each. */
export function isSignature(key: KeyObject, statement: Uint8Array, signature: string): boolean {
  return verify('sha256', statement, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
}
