/**
 * A segment's first line: whether it belongs where it stands, and whether the vault's key vouches for its writer
 * (DESIGN §6). Only then is the writer's key believed for the rest of the segment.
 */
import type { KeyObject } from 'node:crypto';
import { err, ok, type Result } from '../result.ts';
import { dayOf, parseSegmentName, transcriptContainer } from './layout.ts';
import type { Genesis, Line } from './line-schema.ts';
import type { Fault } from './verify-report.ts';
import { isEndorsed, publicKeyOf } from './writer.ts';

/**
 * The public key that may endorse writers under this id; undefined for an id that is none of ours.
 * The id stands in the transcript, so it is an attacker's to choose: never fetch a key from wherever it points.
 * Rejects when the key can't be looked up now.
 */
export type EndorsingKey = (keyId: string) => Promise<KeyObject | undefined>;

/** Clocks are set back now and then; a writer's segments must not be older than its key by more than this. */
const CLOCK_STEP_MS = 5 * 60_000;

type GenesisFault = Pick<Fault, 'code' | 'detail'>;

/** The writer's public key, if the genesis holds. */
export async function verifyGenesis(
  line: Line,
  at: { readonly container: string; readonly name: string },
  endorsingKey: EndorsingKey,
): Promise<Result<KeyObject, GenesisFault>> {
  if (line.kind !== 'genesis') return fault('genesis-missing', 'the first line is not a genesis record');
  const misplaced = findMisplacement(line, at);
  if (misplaced) return fault('genesis-elsewhere', misplaced);
  const vaultKey = await endorsingKey(line.endorsement.keyId);
  if (!vaultKey) return fault('key-unknown', 'its writer is endorsed by a key that is not known here');
  const writerKey = publicKeyOf(line.writer.key);
  if (!writerKey || !isEndorsed(vaultKey, line)) {
    return fault('endorsement-invalid', 'the endorsement of its writer does not verify');
  }
  return ok(writerKey);
}

function findMisplacement(line: Genesis, at: { container: string; name: string }): string | undefined {
  const parts = parseSegmentName(at.name);
  const { session, writer } = line;
  if (line.chain.segment !== at.name || !parts) return 'it names another segment than the blob it stands in';
  if (transcriptContainer(session.retention) !== at.container) return 'it belongs in another container';
  if (session.server !== parts.server || session.id !== parts.session) return 'it belongs to another session';
  if (writer.id !== parts.writer) return 'it belongs to another writer';
  if (dayOf(line.time) !== parts.day) return 'it was opened on another day than its name says';
  if (Date.parse(line.time) < Date.parse(writer.notBefore) - CLOCK_STEP_MS) return 'it is older than its writer';
  return undefined;
}

function fault(code: GenesisFault['code'], detail: string): Result<never, GenesisFault> {
  return err({ code, detail });
}
