/**
 * `npm run bench -- --reviews`: how long a review of 10,000 and of 100,000 calls takes to build, with its memory, and how
 * long its page and its export take. The real recorder wrote the records, the real sealer sealed them, in memory.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { signDigest } from '../../infra/local/key-vault/p256.ts';
import { loadConfig } from '../../shared/config/load-config.ts';
import { reviewPage } from '../../shared/pages/review-page.ts';
import { createPolicyEngine } from '../../shared/policy/create-engine.ts';
import { ok } from '../../shared/result.ts';
import { createBuilder } from '../../shared/reviews/build-report.ts';
import type { GroupMember } from '../../shared/reviews/entitlements.ts';
import { toCsv } from '../../shared/reviews/export-csv.ts';
import { createRecorder } from '../../shared/transcripts/recorder.ts';
import { createSealer } from '../../shared/transcripts/seals/create-sealer.ts';
import { createMemoryStore } from '../unit/transcripts/memory-store.ts';

export interface ReviewFigures {
  readonly calls: number;
  readonly people: number;
  readonly transcriptMb: number;
  readonly buildMs: number;
  /** Of the heap, above what it was before. */
  readonly heapMb: number;
  readonly pageMs: number;
  readonly pageKb: number;
  readonly csvMs: number;
}

const SIZES = [10_000, 100_000];
const PEOPLE = 50;
const TOOLS = ['search_customers', 'get_customer', 'refund_payment', 'delete_customer'];
const KEY_ID = 'https://vault.example/keys/transcript-seal/1';
/** As many of one session wait for the same append. */
const AT_ONCE = 16;

export async function measureReviews(appDir: string): Promise<readonly ReviewFigures[]> {
  const figures: ReviewFigures[] = [];
  for (const calls of SIZES) figures.push(await measure(appDir, calls));
  return figures;
}

async function measure(appDir: string, calls: number): Promise<ReviewFigures> {
  const config = await loadConfig({ folder: join(appDir, 'infra/config'), variables: () => 'http://127.0.0.1:1/mcp' });
  if (!config.ok) throw new Error('the sample configuration does not load');
  const policy = createPolicyEngine(config.value);
  if (!policy.ok) throw new Error('the sample policies do not load');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  const endorser = { sign: async (digest: Uint8Array) => ({ keyId: KEY_ID, signature: signDigest(secret, digest) }) };
  const endorsingKey = async () => publicKey;
  const store = createMemoryStore();
  const clock = {
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    after: (delayMs: number, run: () => void) => {
      const timer = setTimeout(run, delayMs).unref();
      return () => clearTimeout(timer);
    },
  };
  const recorder = createRecorder({
    ...clock,
    store,
    endorser,
    configDigest: '0'.repeat(64),
    versions: { sallyport: '0.0.0', format: 1 },
    randomBytes,
    deadlineMs: 60_000,
    idleMs: 900_000,
    log: () => undefined,
  });
  const sinceMs = Date.now() - 1_000;
  await Promise.all(Array.from({ length: PEOPLE }, (_, person) => play(recorder, person, calls / PEOPLE)));
  await recorder.close();
  const retention = [{ class: 'standard', days: 365 }];
  const sealer = createSealer({
    ...clock,
    reader: store,
    seals: store.seals,
    endorser,
    endorsingKey,
    retention,
    idleMs: 900_000,
    record: async () => undefined,
    log: () => undefined,
  });
  await sealer.run();

  const members: readonly GroupMember[] = Array.from({ length: 1_000 }, (_, n) => ({ id: personId(n), guest: false }));
  const build = createBuilder({
    reader: store,
    endorsingKey,
    leaseMs: 270_000,
    streamLeaseMs: 630_000,
    config: config.value,
    policy: policy.value,
    members: { membersOf: async () => ok({ members, isWhole: true }) },
    nowMs: Date.now,
    listBlocks: async () => [],
    log: () => undefined,
  });
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const beganMs = performance.now();
  const report = await build({ server: 'crm', sinceMs, untilMs: Date.now() + 1 });
  const buildMs = Math.round(performance.now() - beganMs);
  globalThis.gc?.();
  const heapMb = Math.round((process.memoryUsage().heapUsed - before) / 1e6);
  if (report.totals.calls !== calls || report.answer.kind !== 'no') throw new Error(report.answer.sentence);

  const view = { server: 'crm', report, digest: '0'.repeat(64), mayReview: true, self: 'user:x' };
  const pageMs = performance.now();
  const page = String(
    await reviewPage({ reader: { name: 'carol', formToken: 'x', rooms: [] }, view, page: 1, nowMs: Date.now() }),
  );
  const csvMs = performance.now();
  toCsv(report);
  return {
    calls,
    people: report.people.length,
    transcriptMb: Math.round([...store.content.values()].reduce((sum, { length }) => sum + length, 0) / 1e6),
    buildMs,
    heapMb,
    pageMs: Math.round(csvMs - pageMs),
    pageKb: Math.round(page.length / 1_000),
    csvMs: Math.round(performance.now() - csvMs),
  };
}

function personId(person: number): string {
  return `00000000-0000-4000-9000-${String(person).padStart(12, '0')}`;
}

async function play(recorder: ReturnType<typeof createRecorder>, person: number, calls: number): Promise<void> {
  const session = { id: `k1-${String(person).padStart(32, '0')}`, server: 'crm', retention: 'standard' };
  const principal = { kind: 'user', id: personId(person), name: `person-${person}@example.com`, guest: false } as const;
  const one = async (n: number): Promise<void> => {
    const id = `${person}-${n}`;
    const call = {
      ...{ id, tenant: personId(0), principal, agent: { id: personId(9_999), name: 'Assistant' }, tokenId: 'token' },
      ...({
        address: '192.0.2.1',
        era: 'modern',
        method: 'tools/call',
        target: TOOLS[n % TOOLS.length] ?? '',
      } as const),
    };
    const decision = { verdict: 'allow', policies: ['support-uses-crm'] } as const;
    const justification = `ticket ${n % 7}`;
    await recorder.record(session, {
      kind: 'intent',
      call,
      decision,
      justification,
      request: { query: 'a', limit: 10 },
    });
    const exposure = [
      { class: 'card', outcome: 'masked', count: 3 },
      { class: 'email', outcome: 'masked', count: 10 },
    ] as const;
    const message = { result: { content: [{ type: 'text', text: 'x'.repeat(600) }] } };
    await recorder.record(session, {
      kind: 'outcome',
      callId: id,
      status: 'answered',
      durationMs: 12,
      message,
      exposure,
    });
  };
  for (let n = 0; n < calls; n += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, calls - n) }, (_, at) => one(n + at)));
  }
}

export function printReviews(figures: readonly ReviewFigures[]): void {
  console.log('access reviews: build, page, export');
  console.table(figures);
}
