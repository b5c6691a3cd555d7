/** The last seal from where a command's flags say that transcripts are; loads what that takes only when it is asked. */
import { type LastSeal, readLastSeal } from '../../../shared/transcripts/seals/last-seal.ts';
import { openSource, type SourceFlags } from '../transcripts/open-source.ts';

/** Rejects where storage or vault can't be read; `CommandFailure` for flags that don't go together. */
export async function readSealFrom(flags: SourceFlags): Promise<LastSeal | undefined> {
  const source = await openSource(flags);
  try {
    return await readLastSeal(source);
  } finally {
    await source.close();
  }
}
