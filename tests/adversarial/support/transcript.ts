/** The transcripts of a running stack, as an auditor gets at them: read from storage, and verified by the vault's key. */
import { createPublicKey } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { vaultNames } from '../../../infra/local/app-environment.ts';
import { createBlobTranscriptReader } from '../../../shared/azure/transcript-reader.ts';
import { verifyTranscripts } from '../../../shared/transcripts/verify.ts';
import type { SegmentReport, VerifyReport } from '../../../shared/transcripts/verify-report.ts';
import type { RunningStack } from '../../flows/support/stack.ts';
import { createKeyClient } from '../../stack/key-vault-clients.ts';

export interface RecordLine {
  readonly blob: string;
  /** The line's own bytes, for whoever must not trust our reader. */
  readonly text: string;
  readonly [member: string]: unknown;
}

export interface TranscriptView {
  /** Every line there is, by time, signatures too. */
  all(): Promise<RecordLine[]>;
  /** The records that were not there the last time: intents, events, outcomes and refusals, by time. */
  fresh(): Promise<RecordLine[]>;
  verify(): Promise<{ readonly report: VerifyReport; readonly segments: readonly SegmentReport[] }>;
}

const KINDS = new Set(['intent', 'event', 'outcome', 'refusal']);

export function openTranscripts(stack: RunningStack): TranscriptView {
  const service = BlobServiceClient.fromConnectionString(stack.azurite.connectionString);
  const reader = createBlobTranscriptReader(service);
  const seen = new Set<string>();

  async function readAll(): Promise<RecordLine[]> {
    const lines: RecordLine[] = [];
    for await (const container of reader.containers()) {
      for await (const { name: blob } of reader.blobs(container)) {
        if (!blob.endsWith('.jsonl')) continue;
        const chunks: Uint8Array[] = [];
        for await (const chunk of (await reader.read(container, blob)) ?? []) chunks.push(chunk);
        const texts = Buffer.concat(chunks).toString('utf8').split('\n');
        for (const text of texts) if (text !== '') lines.push({ ...JSON.parse(text), blob, text });
      }
    }
    return lines;
  }

  const byTime = (left: RecordLine, right: RecordLine) => String(left.time).localeCompare(String(right.time));

  return {
    all: async () => (await readAll()).sort(byTime),
    async fresh() {
      const lines = await readAll();
      const news = lines.filter(({ blob, text, kind }) => KINDS.has(String(kind)) && !seen.has(`${blob} ${text}`));
      for (const { blob, text } of news) seen.add(`${blob} ${text}`);
      return news.sort(byTime);
    },
    async verify() {
      const tenant = stack.entra.tenantId;
      const audience = 'https://vault.azure.net';
      const token = await stack.token({ app: 'gateway-identity', version: 1, audience, tenant });
      const keys = createKeyClient(stack.keyVault.url, {
        getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 600_000 }),
      });
      const segments: SegmentReport[] = [];
      const report = await verifyTranscripts({
        reader,
        endorsingKey: async (id) => {
          const { key } = await keys.getKey(vaultNames.sealKey);
          if (!id.includes(`/keys/${vaultNames.sealKey}/`) || !key?.x || !key.y) return undefined;
          const [x = '', y = ''] = [key.x, key.y].map((part) => Buffer.from(part).toString('base64url'));
          return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
        },
        onSegment: (segment) => segments.push(segment),
      });
      return { report, segments };
    },
  };
}
