/**
 * Where the chain of seals may be taken up for segments of some days (DESIGN §6): a year has a hundred thousand seals,
 * and a review is about weeks. The signed manifest of the day before names the first seal of that day; no earlier one
 * names a segment that was opened later.
 */
import { dayOf, manifestName } from '../layout.ts';
import { readDocument, type SealPorts } from './read-document.ts';
import { DAY_MS } from './retention-time.ts';
import { readManifest } from './sign-document.ts';

/** 1 where no manifest says: then the chain is read whole. */
export async function findStart(ports: SealPorts, since: string | undefined): Promise<number> {
  if (since === undefined) return 1;
  const day = dayOf(new Date(Date.parse(since.replaceAll('/', '-')) - DAY_MS).toISOString());
  const manifest = (await readDocument(ports, manifestName(day), readManifest))?.document;
  return manifest?.day === day ? (manifest.seals?.first.number ?? 1) : 1;
}
