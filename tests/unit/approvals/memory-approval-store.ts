/**
 * The approval store in memory, with the conditions of the real one: an ETag for each write, head and request in one
 * step, decisions that are only inserted. Every row is kept as text, so nobody shares an object with the store.
 * Not imitated: sizes of properties; a listing shows each page as it is when it is read.
 */
import type { Approval, DecisionRow } from '../../../shared/approvals/approval.ts';
import {
  type ApprovalStore,
  type ETag,
  type Head,
  type OpenRow,
  parseApprovalId,
  type Written,
} from '../../../shared/approvals/approval-store.ts';
import { createFaultPoint, type FaultPoint } from './fault-point.ts';

/** What stands in the store now, for assertions. */
export interface ApprovalSnapshot {
  readonly heads: readonly Omit<Head, 'etag'>[];
  readonly approvals: readonly Approval[];
  readonly decisions: readonly DecisionRow[];
  readonly open: readonly OpenRow[];
}

export interface MemoryApprovalStore extends ApprovalStore {
  readonly faults: FaultPoint;
  snapshot(): ApprovalSnapshot;
  /** By `{partition}/{row}`, as JSON text: for tests that change a row behind the store's back. */
  readonly rows: Map<string, { text: string; etag: ETag }>;
}

const PAGE_ROWS = 1_000;
const CONFLICT = { kind: 'conflict' } as const;

/** Instances of one test share a store, or a fault point, by handing it on. */
export function createMemoryApprovalStore(faults: FaultPoint = createFaultPoint()): MemoryApprovalStore {
  const rows: MemoryApprovalStore['rows'] = new Map();
  let writes = 0;

  const write = (key: string, value: unknown): ETag => {
    writes += 1;
    const etag = `W/"${writes}"`;
    rows.set(key, { text: JSON.stringify(value), etag });
    return etag;
  };
  const insert = (key: string, value: unknown): Written =>
    rows.has(key) ? CONFLICT : { kind: 'written', etag: write(key, value) };
  const all = (has: (key: string) => boolean): string[] => [...rows.keys()].filter(has).sort();

  return {
    faults,
    rows,
    snapshot() {
      const of = <T>(row: RegExp): T[] => all((key) => row.test(key)).map((key) => parse<T>(rows.get(key)?.text));
      return { heads: of(/\/head$/), approvals: of(/\/request-/), decisions: of(/\/decision-/), open: of(/^open\//) };
    },

    readHead: (fingerprint) =>
      faults.perform('readHead', () => {
        const row = rows.get(`${fingerprint}/head`);
        return row && { ...parse<Omit<Head, 'etag'>>(row.text), etag: row.etag };
      }),

    open: (approval, over) =>
      faults.perform('open', () => {
        const [head, request] = [`${approval.fingerprint}/head`, requestKey(approval)];
        if (rows.get(head)?.etag !== over?.etag || rows.has(request)) return CONFLICT;
        write(head, { generation: approval.generation, approval: approval.id });
        return { kind: 'written', etag: write(request, approval) };
      }),

    read: (approvalId) =>
      faults.perform('read', () => {
        const row = rows.get(keyOf(approvalId, 'request') ?? '');
        if (row === undefined) return undefined;
        const approval = parse<Approval>(row.text);
        return approval.id === approvalId ? { approval, etag: row.etag } : undefined;
      }),

    replace: (approval, etag) =>
      faults.perform('replace', () => {
        const key = requestKey(approval);
        return rows.get(key)?.etag === etag ? { kind: 'written', etag: write(key, approval) } : CONFLICT;
      }),

    insertDecision: (decision) =>
      faults.perform('insertDecision', () => {
        const key = keyOf(decision.approval, 'decision');
        if (key === undefined) throw new TypeError('a decision names no approval');
        return insert(`${key}-${decision.id}`, decision);
      }),

    listDecisions: (approvalId) =>
      faults.perform('listDecisions', () => {
        const prefix = keyOf(approvalId, 'decision');
        const keys = prefix === undefined ? [] : all((key) => key.startsWith(`${prefix}-`));
        const decisions = keys.map((key) => readDecision(rows.get(key)?.text));
        const readable = decisions.filter((decision) => decision !== undefined);
        return { decisions: readable, unreadable: decisions.length - readable.length };
      }),

    putOpen: (row) =>
      faults.perform('putOpen', () => {
        if (parseApprovalId(row.approval) === undefined) throw new TypeError('a row of the index names no approval');
        write(`open/${row.approval}`, row);
      }),

    countWaiting: ({ kind, id }) =>
      faults.perform('countWaiting', () => {
        const listed = all((key) => key.startsWith('open/')).map((key) => parse<OpenRow>(rows.get(key)?.text));
        const theirs = listed.filter(({ requester }) => requester.kind === kind && requester.id === id);
        return theirs.filter(({ state }) => state === 'pending' || state === 'approved').length;
      }),

    removeOpen: (approvalId) =>
      faults.perform('removeOpen', () => {
        rows.delete(`open/${approvalId}`);
      }),

    async *listOpen() {
      let last = 'open/';
      let page: string[];
      do {
        const after = last;
        page = await faults.perform('listOpen', () =>
          all((key) => key.startsWith('open/') && key > after).slice(0, PAGE_ROWS),
        );
        for (const key of page) {
          const row = rows.get(key);
          if (row !== undefined) yield parse<OpenRow>(row.text);
        }
        last = page.at(-1) ?? last;
      } while (page.length === PAGE_ROWS);
    },
  };
}

function requestKey(approval: Approval): string {
  const key = keyOf(approval.id, 'request');
  if (key === undefined || !approval.id.startsWith(`${approval.fingerprint}-${approval.generation}-`)) {
    throw new TypeError('an approval whose id is not its own');
  }
  return key;
}

/** One row for each generation of a request; the decisions name the very approval. */
function keyOf(approvalId: string, kind: 'request' | 'decision'): string | undefined {
  const parts = parseApprovalId(approvalId);
  if (parts === undefined) return undefined;
  const { fingerprint, generation, nonce } = parts;
  return kind === 'request' ? `${fingerprint}/request-${generation}` : `${fingerprint}/decision-${generation}-${nonce}`;
}

/** Rows were written as `T`; a test that breaks one on purpose breaks it for its reader. */
function parse<T>(text: string | undefined): T {
  return JSON.parse(text ?? 'null') as T;
}

function readDecision(text: string | undefined): DecisionRow | undefined {
  try {
    const decision = parse<DecisionRow | null>(text);
    return typeof decision?.mac === 'string' ? decision : undefined;
  } catch {
    return undefined;
  }
}
