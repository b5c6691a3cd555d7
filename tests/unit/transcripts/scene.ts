/** A recorder on a store in memory, with a vault key, a clock that tests move, and what tests ask of the result. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { signDigest } from '../../../infra/local/key-vault/p256.ts';
import type { Entry, SessionRef } from '../../../shared/transcripts/entry.ts';
import { type Line, lineSchema } from '../../../shared/transcripts/line-schema.ts';
import { createRecorder, type RecorderOptions, type TranscriptRecorder } from '../../../shared/transcripts/recorder.ts';
import { verifyTranscripts } from '../../../shared/transcripts/verify.ts';
import type { SegmentReport, VerifyReport } from '../../../shared/transcripts/verify-report.ts';
import type { Endorser } from '../../../shared/transcripts/writer.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';
import { createTestClock, type TestClock } from './test-clock.ts';

export const session: SessionRef = { id: 'k1-0123456789abcdef0123456789abcdef', server: 'crm', retention: 'standard' };
export const vaultKeyId = 'https://vault.example/keys/transcript-seal/1';
const vault = generateKeyPairSync('ec', { namedCurve: 'P-256' });

export function createTestEndorser(key: KeyObject = vault.privateKey): Endorser & { calls: number } {
  const secret = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
  const endorser = {
    calls: 0,
    async sign(digest: Uint8Array) {
      endorser.calls += 1;
      return { keyId: vaultKeyId, signature: signDigest(secret, digest) };
    },
  };
  return endorser;
}

/** The vault's public key, for its own id alone. */
export async function testEndorsingKey(keyId: string): Promise<KeyObject | undefined> {
  return keyId === vaultKeyId ? vault.publicKey : undefined;
}

export interface Scene {
  readonly recorder: TranscriptRecorder;
  readonly store: MemoryStore;
  readonly clock: TestClock;
  readonly logged: string[];
}

export function createScene(
  options: Partial<RecorderOptions> & { store?: MemoryStore; clock?: TestClock } = {},
): Scene {
  const clock = options.clock ?? createTestClock();
  const store = options.store ?? createMemoryStore();
  store.nowMs = clock.nowMs;
  const logged: string[] = [];
  const recorder = createRecorder({
    endorser: createTestEndorser(),
    configDigest: createHash('sha256').update('configuration').digest('hex'),
    versions: { sallyport: '0.1.0', format: 1 },
    randomBytes,
    deadlineMs: 10_000,
    idleMs: 900_000,
    log: (_level, event) => logged.push(event),
    ...clock,
    ...options,
    store,
  });
  return { recorder, store, clock, logged };
}

export function eventEntry(callId: string, message: Extract<Entry, { kind: 'event' }>['message'] = {}): Entry {
  return { kind: 'event', callId, message, exposure: [] };
}

export function intentEntry(id: string): Entry {
  return {
    kind: 'intent',
    call: {
      id,
      tenant: '5a11e000-0000-4000-8000-000000000001',
      principal: { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b1', name: 'alice', guest: false },
      agent: { id: '5a11e000-0000-4000-8000-0000000000c1' },
      tokenId: 'token',
      address: '192.0.2.1',
      era: 'modern',
      method: 'tools/call',
      target: 'search_customers',
    },
    decision: { verdict: 'allow', policies: ['support-uses-crm'] },
    request: { query: 'Zoë', limit: 10 },
  };
}

export function segmentsOf(store: MemoryStore): string[] {
  return [...store.content.keys()].filter((path) => path.endsWith('.jsonl')).sort();
}

export function linesOf(store: MemoryStore, path: string): Line[] {
  const text = store.content.get(path)?.toString('utf8') ?? '';
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => lineSchema.parse(JSON.parse(line)));
}

/** Every segment's lines, in order of segment number. */
export function allLines(store: MemoryStore): Line[] {
  const byNumber = segmentsOf(store).sort((one, other) => numberOf(one) - numberOf(other));
  return byNumber.flatMap((path) => linesOf(store, path));
}

function numberOf(path: string): number {
  return Number(/-(\d+)\.jsonl$/.exec(path)?.[1]);
}

/** The call ids of recorded events, in order. */
export function recordedIds(store: MemoryStore): string[] {
  return allLines(store).flatMap((line) => (line.kind === 'event' ? [line.callId] : []));
}

export async function verify(
  store: MemoryStore,
  filter: { readonly session?: string } = {},
): Promise<VerifyReport & { readonly reports: SegmentReport[] }> {
  const reports: SegmentReport[] = [];
  const report = await verifyTranscripts({
    reader: store,
    filter,
    endorsingKey: testEndorsingKey,
    onSegment: (segment) => reports.push(segment),
  });
  return { ...report, reports };
}
