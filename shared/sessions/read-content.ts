/** The content of a record that stands in a side blob, as it is named: by the hash of its bytes. */
import { createHash } from 'node:crypto';
import { parseJsonBytes } from '../json/parse.ts';
import type { Json } from '../json/value.ts';
import { parseSideBlobName } from '../transcripts/layout.ts';
import type { TranscriptReader } from '../transcripts/segment-store.ts';
import type { RecordContent } from './story.ts';

/** The deepest message that may be configured. */
const MAX_DEPTH = 1_000;

/** Undefined for what is too large, is gone, or is not what was recorded. */
export async function readContent(
  reader: TranscriptReader,
  { container, name, bytes }: Extract<RecordContent, { kind: 'side-blob' }>,
  maxBytes: number,
): Promise<{ readonly value: Json } | undefined> {
  if (bytes > maxBytes) return undefined;
  const chunks = await reader.read(container, name, { to: bytes });
  if (!chunks) return undefined;
  const content = Buffer.concat(await Array.fromAsync(chunks));
  if (createHash('sha256').update(content).digest('hex') !== parseSideBlobName(name)?.sha256) return undefined;
  const parsed = parseJsonBytes(content, { depth: MAX_DEPTH });
  return parsed.ok ? { value: parsed.value } : undefined;
}
