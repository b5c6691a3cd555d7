/**
 * Writes the index of sessions as records are verified (DESIGN §6): the sealer's sink. What was folded in is told by a
 * position for each segment, written with the summary or not at all, so that a batch that comes twice, or to two sealers
 * at once, is counted once. Where records are missing between the position and the batch, because the index is younger
 * than the transcript, they are read from the blob, verified again.
 */
import { transcriptContainer } from '../transcripts/layout.ts';
import type { Line } from '../transcripts/line-schema.ts';
import type { VerifiedBatch, VerifiedSink } from '../transcripts/seals/verified-sink.ts';
import { type VerifyPorts, verifySegment } from '../transcripts/verify-segment.ts';
import type { IndexedSession, SessionIndex } from './session-index.ts';
import { foldLines } from './session-summary.ts';

export interface SessionIndexerOptions extends Pick<VerifyPorts, 'reader' | 'endorsingKey'> {
  readonly index: SessionIndex;
}

/** Each is lost to somebody who wrote: two sealers, and many segments of one session at the same time. */
const MAX_RACES = 50;
const MAX_KNOWN = 500;

/** Whose `take` rejects when the store or the missing records can't be read: the batch then comes again. */
export function createSessionIndexer(options: SessionIndexerOptions): VerifiedSink {
  /** Segments of one session come at the same time, and all of them write the same row: here they take turns. */
  const takeTurn = createTurns();
  /** As this process wrote it last: a batch then takes one request, and its tag tells when somebody else wrote. */
  const written = new Map<string, Standing>();
  return {
    take(batch) {
      const key = `${batch.server}/${batch.session}`;
      return takeTurn(key, async () => {
        const standing = written.get(key);
        written.delete(key);
        written.set(key, await takeBatch(options, batch, standing));
        const [oldest] = written.keys();
        if (written.size > MAX_KNOWN && oldest !== undefined) written.delete(oldest);
      });
    },
  };
}

/** What is known of a session's rows. Positions that are not named here are to be read. */
interface Standing {
  readonly known: IndexedSession | undefined;
  readonly positions: ReadonlyMap<string, number>;
}

async function takeBatch(
  options: SessionIndexerOptions,
  batch: VerifiedBatch,
  remembered: Standing | undefined,
): Promise<Standing> {
  const { container, segment, server, session: id, toLine, fromLine } = batch;
  const { index } = options;
  const session = { id, server, retention: container.slice(transcriptContainer('').length) };
  const key = `${container}/${segment}`;
  let standing = remembered;
  let missing: readonly Line[] | undefined;
  let failure: unknown;
  for (let race = 0; race < MAX_RACES; race += 1) {
    // In this order: whoever writes in between changes the tag that our write carries.
    const known = standing ? standing.known : await index.read(server, id);
    const lines =
      standing?.positions.get(key) ?? (known ? await index.readPosition(server, id, known.generation, batch) : 0);
    const positions = new Map(standing?.positions).set(key, lines);
    if (lines >= toLine) return { known, positions };
    if (lines < fromLine) missing ??= await readLinesBefore(options, batch);
    const fresh = [...(missing ?? []), ...batch.lines].filter(({ chain }) => chain.seq >= lines);
    const summary = foldLines(known?.summary, session, fresh);
    standing = undefined;
    try {
      const said = await index.write(session, summary, { container, segment, lines: toLine }, known);
      if (said.kind === 'written') return { known: said.session, positions: positions.set(key, toLine) };
      failure = undefined;
    } catch (cause) {
      // It may stand all the same: the position tells.
      if (failure !== undefined) throw cause;
      failure = cause;
    }
  }
  throw new Error('a session’s row is written by others all the time', { cause: failure });
}

/** Those of the segment before the batch. Rejects unless all of them verify. */
async function readLinesBefore(
  { reader, endorsingKey }: SessionIndexerOptions,
  { container, segment, fromLine }: VerifiedBatch,
): Promise<readonly Line[]> {
  const before: Line[] = [];
  const onLines = (lines: readonly Line[]): void => {
    before.push(...lines.filter(({ chain }) => chain.seq < fromLine));
  };
  const report = await verifySegment({ reader, endorsingKey, onLines }, container, segment);
  if (before.length !== fromLine) {
    const why = report.fault?.code ?? report.state;
    throw new Error(`${before.length} of ${fromLine} lines before those to be indexed verify (${why})`, {
      cause: report.error,
    });
  }
  return before;
}

/** One after the other for each key, in the order in which they came. */
function createTurns() {
  const last = new Map<string, Promise<unknown>>();
  return async (key: string, run: () => Promise<void>): Promise<void> => {
    const mine = (last.get(key) ?? Promise.resolve()).then(run, run);
    last.set(key, mine);
    try {
      await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
