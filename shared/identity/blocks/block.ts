/**
 * Who or what is kept out until somebody says otherwise (DESIGN §7): a person or app, everywhere or on one server; an
 * agent; a session; a token. Blocks only take away: no policy and no approval lifts one, and none grants anything.
 */
import type { Caller } from '../caller.ts';

export const BLOCK_KINDS = ['principal', 'agent', 'session', 'token'] as const;
export type BlockKind = (typeof BLOCK_KINDS)[number];

/** What is blocked; there is at most one block for each. */
export interface BlockKey {
  readonly kind: BlockKind;
  /** Object id of a principal, client id of an agent, both lower case; a session's or page session's id; a token's id. */
  readonly value: string;
  /** Of a principal: on this server only. */
  readonly server?: string;
}

export interface Block extends BlockKey {
  /** The administrator's own words. */
  readonly reason: string;
  readonly by: { readonly id: string; readonly name?: string };
  readonly createdMs: number;
  /** From then on it blocks nothing; absent: until it is removed. */
  readonly untilMs?: number;
}

/** Whoever is about to do something, with all that is known of them. A `Caller` is one as it is. */
export interface BlockSubject extends Pick<Caller, 'tenant'> {
  readonly principal: Pick<Caller['principal'], 'id'>;
  readonly agent?: Pick<Caller['agent'], 'id'>;
  readonly tokenId?: string;
  /** As it is named, or every name that the keyring's live versions give it. */
  readonly session?: string | readonly string[];
  readonly server?: string;
}

export interface BlockStore {
  /** Every block, ended ones too. Rejects when one of them can't be read: whom it keeps out is not known then. */
  list(): Promise<readonly Block[]>;
  /** In the place of the one for the same, if there is one. Rejects past its own deadline; it may stand all the same. */
  put(block: Block): Promise<void>;
  /** Twice is as good as once. Rejects past its own deadline; it may be gone all the same. */
  remove(key: BlockKey): Promise<void>;
}

export const REASON_CHARACTERS = 500;

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VISIBLE = /^[\x21-\x7e]{1,128}$/;
const SERVER = /^[a-z][a-z0-9-]{0,31}$/;

/** In the one spelling that is compared. Undefined for what can name nobody: a block must never seem to keep someone out. */
export function toBlockKey(kind: BlockKind, value: string, server?: string): BlockKey | undefined {
  if (kind !== 'principal' && server !== undefined) return undefined;
  if (server !== undefined && !SERVER.test(server)) return undefined;
  const isPerson = kind === 'principal' || kind === 'agent';
  const spelt = isPerson ? value.toLowerCase() : value;
  if (!(isPerson ? GUID : VISIBLE).test(spelt)) return undefined;
  return { kind, value: spelt, ...(server !== undefined && { server }) };
}

/** A key as one text; two that differ have different texts. */
export function textOf({ kind, value, server }: BlockKey): string {
  return JSON.stringify(server === undefined ? [kind, value] : [kind, value, server]);
}

/** Every key by which this subject may be blocked, as texts. */
export function keysOf({ principal, agent, tokenId, session = [], server }: BlockSubject): readonly string[] {
  const keys: BlockKey[] = [
    { kind: 'principal', value: principal.id },
    ...(server === undefined ? [] : [{ kind: 'principal', value: principal.id, server } as const]),
    ...(agent === undefined ? [] : [{ kind: 'agent', value: agent.id } as const]),
    ...(tokenId === undefined ? [] : [{ kind: 'token', value: tokenId } as const]),
    ...[session].flat().map((value) => ({ kind: 'session', value }) as const),
  ];
  return keys.map(textOf);
}

export function isOver({ untilMs }: Block, nowMs: number): boolean {
  return untilMs !== undefined && nowMs >= untilMs;
}

/** For records and people: names what is blocked. */
export function describeKey({ kind, value, server }: BlockKey): string {
  return server === undefined ? `${kind} ${value}` : `${kind} ${value} on ${server}`;
}
