/**
 * The transcripts that one case wrote: verified from their bytes, and their records. Each segment is looked at once: its
 * writer is dead by then.
 */
import { BlobServiceClient } from '@azure/storage-blob';
import { z } from 'zod';
import { vaultNames } from '../../infra/local/app-environment.ts';
import { createKeyClient } from '../../shared/azure/clients.ts';
import { createBlobTranscriptReader } from '../../shared/azure/transcript-reader.ts';
import { createVaultPublicKeys } from '../../shared/azure/vault-public-keys.ts';
import { isLoopback } from '../../shared/config/loopback.ts';
import type { TranscriptReader } from '../../shared/transcripts/segment-store.ts';
import { verifyTranscripts } from '../../shared/transcripts/verify.ts';
import type { Lane } from './lane.ts';

const recordSchema = z.looseObject({
  kind: z.string(),
  approval: z.string().optional(),
  event: z.string().optional(),
  callId: z.string().optional(),
  call: z.object({ id: z.string() }).optional(),
});
export type Recorded = z.infer<typeof recordSchema>;

export interface Transcripts {
  /** One line for each segment that is not as its writer left it. */
  readonly faults: readonly string[];
  readonly records: readonly Recorded[];
}

export interface TranscriptWatch {
  /** Since the last time. */
  readNew(): Promise<Transcripts>;
  /** All of them once more, as `sallyport verify` does. */
  verifyAll(): Promise<{ readonly segments: number; readonly faults: readonly string[] }>;
}

const seenBy = new WeakMap<Lane, TranscriptWatch>();

export function watchTranscripts(lane: Lane): TranscriptWatch {
  const known = seenBy.get(lane) ?? createWatch(lane);
  seenBy.set(lane, known);
  return known;
}

function createWatch({ services: { azurite, keyVault, entra } }: Lane): TranscriptWatch {
  const whole = createBlobTranscriptReader(BlobServiceClient.fromConnectionString(azurite.connectionString));
  const credential = {
    getToken: async () => ({
      token: await entra.issueToken({ app: 'gateway-identity', version: 1, audience: 'https://vault.azure.net' }),
      expiresOnTimestamp: Date.now() + 3_600_000,
    }),
  };
  const endorsingKey = createVaultPublicKeys(createKeyClient(keyVault.url, credential), vaultNames.sealKey, isLoopback);
  const seen = new Set<string>();

  async function verify(reader: TranscriptReader) {
    const faults: string[] = [];
    const { totals } = await verifyTranscripts({
      reader,
      endorsingKey,
      onSegment({ segment, state, fault }) {
        if (state === 'tampered' || state === 'unreadable') faults.push(`${segment}: ${fault?.code ?? state}`);
      },
    });
    return { segments: totals.segments, faults };
  }

  return {
    verifyAll: () => verify(whole),
    async readNew() {
      const records: Recorded[] = [];
      const fresh: string[] = [];
      const reader: TranscriptReader = {
        containers: whole.containers,
        folders: whole.folders,
        read: whole.read,
        async *blobs(container, prefix) {
          for await (const blob of whole.blobs(container, prefix)) {
            if (seen.has(blob.name)) continue;
            fresh.push(blob.name);
            yield blob;
          }
        },
      };
      const { faults } = await verify(reader);
      for (const name of fresh) {
        seen.add(name);
        records.push(...(await readRecords(whole, name)));
      }
      return { faults, records };
    },
  };
}

async function readRecords(reader: TranscriptReader, name: string): Promise<Recorded[]> {
  if (!name.endsWith('.jsonl')) return [];
  const chunks = await Array.fromAsync((await reader.read('transcripts-standard', name)) ?? []);
  const lines = Buffer.concat(chunks).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => recordSchema.parse(JSON.parse(line)));
}
