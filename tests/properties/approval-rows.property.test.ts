/** Whatever an approval, a decision or a row of the index holds, its row gives it back as it was (DESIGN §5). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Approval, DecisionRow } from '../../shared/approvals/approval.ts';
import { formatApprovalId, type OpenRow } from '../../shared/approvals/approval-store.ts';
import { APPROVAL_STATES } from '../../shared/approvals/states.ts';
import {
  formatDecision,
  formatOpenRow,
  formatRequest,
  readDecision,
  readOpenRow,
  readRequest,
} from '../../shared/azure/approval-rows.ts';
import { CHANNELS } from '../../shared/config/channels.ts';

/** Any UTF-16, also what is no text. */
const words = fc
  .string({ unit: 'binary' })
  .chain((text) => fc.constantFrom(text, `${text}\ud800`, `\u2028${text}\u0000`));
/** What the gateway itself names. */
const name = fc.string({ unit: 'grapheme' });
const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits });
/** From 1970 to the end of 9999, which is as far as ISO text of four digits goes. */
const time = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
const list = fc.array(words, { maxLength: 3 });
const sealed = fc.record({ blob: words, key: words });
const state = fc.constantFrom(...APPROVAL_STATES);
const kind = fc.constantFrom('user', 'app');
const principal = fc.record(
  { kind, id: words, name: words, guest: fc.boolean() },
  { requiredKeys: ['kind', 'id', 'guest'] },
);
const agent = fc.record({ id: words, name: words }, { requiredKeys: ['id'] });

const parts = fc.record({
  fingerprint: fc
    .tuple(fc.integer({ min: 1, max: 9_999 }), hex(32))
    .map(([version, digits]) => `k${version}-${digits}`),
  generation: fc.integer({ min: 1, max: 9_999_999 }),
  nonce: hex(12),
});

const approval: fc.Arbitrary<Approval> = fc
  .tuple(
    parts,
    fc.record({
      state,
      attempt: name,
      createdMs: time,
      expiresMs: time,
      requester: fc.record({
        tenant: words,
        principal,
        agent,
        tokenId: words,
        address: words,
        era: fc.constantFrom('modern', 'legacy'),
      }),
      server: name,
      tool: name,
      toolDigest: name,
      session: fc.record({ id: words, server: words, retention: words }),
      callId: name,
      release: fc.constantFrom('worker', 'caller'),
      quorums: list,
      policies: list,
      reasons: list,
      preview: words,
      evidence: name,
    }),
    fc.record(
      {
        justification: words,
        request: sealed,
        claim: fc.record({ number: fc.nat(), leaseUntilMs: time }),
        met: list,
        releaseCallId: name,
        answer: sealed,
        endedMs: time,
        keptUntilMs: time,
        endReason: name,
        attention: name,
        noticedMs: time,
        remindedMs: time,
      },
      { requiredKeys: [] },
    ),
  )
  .map(([ids, required, optional]) => {
    const { fingerprint, generation } = ids;
    return { id: formatApprovalId(ids), fingerprint, generation, ...required, ...optional };
  });

const decision: fc.Arbitrary<DecisionRow> = fc.record({
  id: hex(16),
  approval: parts.map(formatApprovalId),
  person: principal,
  verdict: fc.constantFrom('approve', 'deny'),
  reason: words,
  channel: fc.constantFrom(...CHANNELS),
  evidence: name,
  decidedMs: time,
  mac: name,
});

const openRow: fc.Arbitrary<OpenRow> = fc.record({
  approval: parts.map(formatApprovalId),
  code: name,
  server: name,
  tool: name,
  requester: fc.record({ kind, id: words }),
  state,
  needsAttention: fc.boolean(),
  createdMs: time,
  expiresMs: time,
});

/** What the service adds to every row. */
const added = { etag: 'W/"1"', timestamp: '2026-11-22T12:00:00.0000000Z' };

describe('rows of the approvals table', () => {
  it('give back every approval', () => {
    fc.assert(
      fc.property(approval, (one) => {
        expect(readRequest({ ...formatRequest(one), ...added })).toEqual(one);
      }),
    );
  });

  it('give back every decision', () => {
    fc.assert(
      fc.property(decision, (one) => {
        expect(readDecision({ ...formatDecision(one), ...added })).toEqual(one);
      }),
    );
  });

  it('give back every row of the index', () => {
    fc.assert(
      fc.property(openRow, (one) => {
        expect(readOpenRow({ ...formatOpenRow(one), ...added })).toEqual(one);
      }),
    );
  });

  it('hold text and numbers only, each as it would come over the wire, on one line', () => {
    fc.assert(
      fc.property(approval, (one) => {
        const { requester, preview, justification = '' } = formatRequest(one);
        for (const column of [requester, preview, justification]) expect(column).not.toMatch(/[\n\r\u2028\u2029]/);
        const columns = Object.values(formatRequest(one));
        expect(columns.filter((column) => typeof column === 'string' && !column.isWellFormed())).toEqual([]);
      }),
    );
  });

  it('are not moved: under any other key an approval’s row is refused, a decision’s does not count', () => {
    fc.assert(
      fc.property(approval, decision, parts, (one, said, elsewhere) => {
        fc.pre(elsewhere.fingerprint !== one.fingerprint);
        const partitionKey = elsewhere.fingerprint;
        expect(() => readRequest({ ...formatRequest(one), partitionKey })).toThrow('of another shape: id');
        expect(readDecision({ ...formatDecision(said), partitionKey })).toBeUndefined();
        expect(readDecision({ ...formatDecision(said), rowKey: `${formatDecision(said).rowKey}0` })).toBeUndefined();
      }),
    );
  });
});
