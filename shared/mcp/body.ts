/**
 * Reads a body to its end within a bound, counted in bytes as they arrive: a `Content-Length` is only a claim (FACTS §1.7).
 */
import { err, ok, type Result } from '../result.ts';

export type BodyProblem = { readonly code: 'too-large'; readonly limit: number } | { readonly code: 'broken-off' };

export async function readBody(
  body: AsyncIterable<Uint8Array> | null,
  limit: number,
): Promise<Result<Uint8Array, BodyProblem>> {
  if (!body) return ok(new Uint8Array());
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.byteLength;
      // Leaving the loop cancels the stream: the rest is never read.
      if (size > limit) return err({ code: 'too-large', limit });
      chunks.push(chunk);
    }
  } catch {
    return err({ code: 'broken-off' });
  }
  return ok(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
}
