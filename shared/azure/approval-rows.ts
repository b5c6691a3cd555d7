/**
 * Approvals, decisions, heads and index rows as rows of the table `approvals`, and back (DESIGN §5). The partition is the
 * fingerprint; the index has one of its own. Nothing that was read is trusted: a row says in its columns what its keys
 * say, or it does not count, so a row that somebody copied elsewhere is of another shape.
 */
import * as z from 'zod';
import type { Approval, Claim, DecisionRow, Requester, SealedRef } from '../approvals/approval.ts';
import { type ApprovalIdParts, type Head, type OpenRow, parseApprovalId } from '../approvals/approval-store.ts';
import { APPROVAL_STATES } from '../approvals/states.ts';
import { CHANNELS } from '../config/channels.ts';
import type { Agent, Principal } from '../identity/caller.ts';
import type { SessionRef } from '../transcripts/entry.ts';
import { createColumns, type Entity, json, type Keys, type Members, time, yesOrNo } from './table-columns.ts';
import type { Row } from './table-rows.ts';

/** The partition of the index; no fingerprint is called so. */
export const OPEN_PARTITION = 'open';

const text = z.string();
const texts = z.array(text).readonly();
const words = json(text);
const state = z.enum(APPROVAL_STATES);
const kind = z.enum(['user', 'app']);
const principal = z.object({
  kind,
  id: text,
  name: text.exactOptional(),
  guest: z.boolean(),
} satisfies Members<Principal>);
const agent = z.object({ id: text, name: text.exactOptional() } satisfies Members<Agent>);
const session = z.object({ id: text, server: text, retention: text } satisfies Members<SessionRef>);
const sealed = z.object({ blob: text, key: text } satisfies Members<SealedRef>);
const claim = z.object({ number: z.int(), leaseUntilMs: z.int() } satisfies Members<Claim>);
const requester = z.object({
  tenant: text,
  principal,
  agent,
  tokenId: text,
  address: text,
  era: z.enum(['modern', 'legacy']),
} satisfies Members<Requester>);

const approvalColumns = createColumns(
  z.object({
    id: text,
    fingerprint: text,
    generation: z.int(),
    state,
    attempt: text,
    createdMs: time,
    expiresMs: time,
    requester: json(requester),
    server: text,
    tool: text,
    toolDigest: text,
    session: json(session),
    callId: text,
    release: z.enum(['worker', 'caller']),
    quorums: json(texts),
    policies: json(texts),
    reasons: json(texts),
    justification: words.exactOptional(),
    preview: words,
    evidence: text,
    request: json(sealed).exactOptional(),
    claim: json(claim).exactOptional(),
    met: json(texts).exactOptional(),
    releaseCallId: text.exactOptional(),
    answer: json(sealed).exactOptional(),
    endedMs: time.exactOptional(),
    keptUntilMs: time.exactOptional(),
    endReason: text.exactOptional(),
    attention: text.exactOptional(),
    noticedMs: time.exactOptional(),
    remindedMs: time.exactOptional(),
  } satisfies Members<Approval>),
);

const decisionColumns = createColumns(
  z.object({
    id: z.string().regex(/^[0-9a-f]{16}$/),
    approval: text,
    person: json(principal),
    verdict: z.enum(['approve', 'deny']),
    reason: words,
    channel: z.enum(CHANNELS),
    evidence: text,
    decidedMs: time,
    mac: text,
  } satisfies Members<DecisionRow>),
);

const headColumns = createColumns(
  z.object({ generation: z.int(), approval: text } satisfies Members<Omit<Head, 'etag'>>),
);

const openColumns = createColumns(
  z.object({
    approval: text,
    code: text,
    server: text,
    tool: text,
    requester: json(z.object({ kind, id: text } satisfies Members<OpenRow['requester']>)),
    state,
    needsAttention: yesOrNo,
    createdMs: time,
    expiresMs: time,
  } satisfies Members<OpenRow>),
);

/** What stands in for the columns of a row of the index that can't be read. */
const UNREADABLE = {
  code: '',
  server: '',
  tool: '',
  requester: { kind: 'user', id: '' },
  state: 'unknown',
  needsAttention: true,
} as const;

/** Who asked, as the column says it: what a query can look for. */
export function requesterColumn({ kind, id }: OpenRow['requester']): string {
  return JSON.stringify({ kind, id });
}

export function headKeys(fingerprint: string): Keys {
  return { partitionKey: fingerprint, rowKey: 'head' };
}

/** One row for each generation: of two requests that race for one, the second is refused by the table itself. */
export function requestKeys({ fingerprint, generation }: ApprovalIdParts): Keys {
  return { partitionKey: fingerprint, rowKey: `request-${padded(generation)}` };
}

/** Row keys of an approval's decisions: from the first, up to but without the second. */
export function decisionRange(parts: ApprovalIdParts): { readonly from: string; readonly before: string } {
  const stem = decisionStem(parts);
  // A full stop comes right after a hyphen.
  return { from: `${stem}-`, before: `${stem}.` };
}

export function openKeys(approvalId: string): Keys {
  return { partitionKey: OPEN_PARTITION, rowKey: approvalId };
}

export function formatHead({ fingerprint, generation, id }: Approval): Entity {
  return headColumns.format(headKeys(fingerprint), { generation, approval: id });
}

/** Throws for an approval whose id is not made of its own fingerprint and generation. */
export function formatRequest(approval: Approval): Entity {
  const parts = partsOf(approval.id);
  if (parts.fingerprint !== approval.fingerprint || parts.generation !== approval.generation) {
    throw new TypeError('an approval whose id is not its own');
  }
  return approvalColumns.format(requestKeys(parts), approval);
}

export function formatDecision(decision: DecisionRow): Entity {
  return decisionColumns.format(decisionKeys(decision), decision);
}

export function formatOpenRow(row: OpenRow): Entity {
  partsOf(row.approval);
  return openColumns.format(openKeys(row.approval), row);
}

/** Throws an error that names what is wrong by its members and shows none of their content. */
export function readHead(row: Row): Omit<Head, 'etag'> {
  const read = headColumns.parse(row);
  if ('wrong' in read) throw new ForeignRow('a head', read.wrong);
  const parts = parseApprovalId(read.value.approval);
  const isItsOwn = parts !== undefined && parts.generation === read.value.generation;
  if (!isItsOwn || !standsUnder(row, headKeys(parts.fingerprint))) throw new ForeignRow('a head', 'approval');
  return read.value;
}

/** Throws as `readHead` does. */
export function readRequest(row: Row): Approval {
  const read = approvalColumns.parse(row);
  if ('wrong' in read) throw new ForeignRow('a request', read.wrong);
  const { id, fingerprint, generation } = read.value;
  const parts = parseApprovalId(id);
  const isItsOwn = parts !== undefined && parts.fingerprint === fingerprint && parts.generation === generation;
  if (!isItsOwn || !standsUnder(row, requestKeys(parts))) throw new ForeignRow('a request', 'id');
  return read.value;
}

/** Undefined for a row of another shape: it decides nothing, and is counted. */
export function readDecision(row: Row): DecisionRow | undefined {
  const read = decisionColumns.parse(row);
  if ('wrong' in read || parseApprovalId(read.value.approval) === undefined) return undefined;
  return standsUnder(row, decisionKeys(read.value)) ? read.value : undefined;
}

/** Undefined only where not even the key names an approval: otherwise the sweep finds it, reads it and writes it anew. */
export function readOpenRow(row: Row): OpenRow | undefined {
  const { rowKey, timestamp } = row;
  if (typeof rowKey !== 'string' || parseApprovalId(rowKey) === undefined) return undefined;
  const read = openColumns.parse({ ...row, approval: rowKey });
  if ('value' in read) return read.value;
  // When it was written last, as the service has it.
  const writtenMs = typeof timestamp === 'string' ? Date.parse(timestamp) : 0;
  return { ...UNREADABLE, approval: rowKey, createdMs: writtenMs, expiresMs: writtenMs };
}

/** A row of another shape than what is written here: a newer version's, or one that somebody touched. */
class ForeignRow extends Error {
  override readonly name = 'ForeignRow';
  constructor(what: string, wrong: string) {
    super(`the approvals table holds ${what} of another shape: ${wrong}`);
  }
}

/** Throws for what is no approval id: nobody would find such a row again. */
function partsOf(approvalId: string): ApprovalIdParts {
  const parts = parseApprovalId(approvalId);
  if (parts === undefined) throw new TypeError('a row of the approvals table belongs to an approval');
  return parts;
}

function decisionKeys({ approval, id }: DecisionRow): Keys {
  const parts = partsOf(approval);
  return { partitionKey: parts.fingerprint, rowKey: `${decisionStem(parts)}-${id}` };
}

function decisionStem({ generation, nonce }: ApprovalIdParts): string {
  return `decision-${padded(generation)}-${nonce}`;
}

function standsUnder(row: Row, { partitionKey, rowKey }: Keys): boolean {
  return row.partitionKey === partitionKey && row.rowKey === rowKey;
}

/** So that row keys sort as generations do. */
function padded(generation: number): string {
  return String(generation).padStart(7, '0');
}
