/**
 * Re-derives one segment from its bytes (DESIGN §6): chain, signatures, endorsement, side blobs, beginning and end.
 * It trusts nothing but the vault's public key, stops at the first bad record and names it, and reads in one pass.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { type ChainState, chainStart, hashLine, isSignedBy, NO_PREVIOUS } from './chain.ts';
import { sideBlobName } from './layout.ts';
import { MAX_LINE_BYTES, parseLine } from './line.ts';
import type { ContentRef, Line } from './line-schema.ts';
import { type RawLine, readLines } from './read-lines.ts';
import type { TranscriptReader } from './segment-store.ts';
import { type EndorsingKey, verifyGenesis } from './verify-genesis.ts';
import type { Fault, FaultCode, SegmentReport, SegmentState } from './verify-report.ts';
import { createSealedCheck, type Position } from './verify-sealed.ts';

/** A line is its record, which is bounded, and its chain. */
const MAX_READ_BYTES = MAX_LINE_BYTES + 4 * 1024;

export interface VerifyPorts {
  readonly reader: TranscriptReader;
  readonly endorsingKey: EndorsingKey;
  /**
   * Told of lines in order, once a signature of their writer covers them and everything before them holds. A fault that
   * only a later line shows comes after these: whoever needs the whole segment to hold waits for its report.
   */
  readonly onLines?: (
    lines: readonly Line[],
    segment: { readonly container: string; readonly name: string },
  ) => void | Promise<void>;
}

export interface VerifyExtent {
  /** What stands before is taken as verified: the lines there are not read. */
  readonly from?: ResumePoint;
  /** Bytes after these are not looked at. */
  readonly toBytes?: number;
  /** A line must end here, with this hash. */
  readonly sealed?: Position;
}

export interface ResumePoint extends Position {
  readonly writerKey: KeyObject;
  readonly isClosed: boolean;
}

/** Never rejects: what can't be read, or handed on, is reported as `unreadable`. */
export async function verifySegment(
  ports: VerifyPorts,
  container: string,
  name: string,
  extent: VerifyExtent = {},
): Promise<SegmentReport & { readonly writerKey?: KeyObject }> {
  const { from, toBytes, sealed } = extent;
  const check = createSegmentCheck(ports, container, name, from);
  const seal = createSealedCheck(sealed);
  const report = (state: SegmentState, more: Partial<SegmentReport> = {}) => ({
    container,
    segment: name,
    state,
    ...check.counts(),
    ...more,
  });
  try {
    const range = { ...(from && { from: from.bytes }), ...(toBytes !== undefined && { to: toBytes }) };
    const chunks = await ports.reader.read(container, name, range);
    if (!chunks) return report('unreadable', { error: new Error('the blob disappeared while it was being verified') });
    for await (const raw of readLines(chunks, MAX_READ_BYTES, from?.bytes)) {
      const fault = (await check.next(raw)) ?? seal.next(raw, check.state());
      if (fault) return report('tampered', { fault });
    }
    const fault = check.atEnd() ?? seal.atEnd(check.state());
    if (fault) return report('tampered', { fault });
    return report(check.isClosed() ? 'intact-closed' : 'open-or-cut-off');
  } catch (error) {
    return report('unreadable', { error });
  }
}

interface Place {
  readonly seq: number;
  readonly offset: number;
}

function createSegmentCheck(ports: VerifyPorts, container: string, name: string, from?: ResumePoint) {
  let expected: ChainState = from ? { seq: from.lines, prev: from.head } : chainStart;
  let writerKey: KeyObject | undefined = from?.writerKey;
  let last: (Place & { readonly kind: Line['kind'] }) | undefined;
  /** The first line that no signature covers yet. */
  let unsigned: Place | undefined;
  /** Two lines that don't fit each other: the line after them shows which one was changed. */
  let suspects: { readonly before: Fault; readonly after: Fault; readonly afterHash: string } | undefined;
  /** A closed segment that goes on has its close record somewhere before. */
  let closedAt: number | undefined = from?.isClosed ? from.lines - 2 : undefined;
  let sideBlobs = 0;
  let uncovered: Line[] = [];
  /** How much the writer's last good signature covers. */
  let signed: Position = from ?? { lines: 0, bytes: 0, head: NO_PREVIOUS };

  const next = async (raw: RawLine): Promise<Fault | undefined> => {
    const place: Place = { seq: expected.seq, offset: raw.offset };
    const bad = (code: FaultCode, detail: string, at = place): Fault => ({ code, ...at, detail });

    const parsed = parseLine(raw.bytes);
    if (suspects) return parsed.ok && parsed.value.chain.prev === suspects.afterHash ? suspects.before : suspects.after;
    if (!raw.isEnded) return bad('unended-line', 'the last line was cut, or is longer than a line may be');
    if (!parsed.ok) return bad('malformed-line', parsed.error);
    const line = parsed.value;

    if (!writerKey) {
      const genesis = await verifyGenesis(line, { container, name }, ports.endorsingKey);
      if (!genesis.ok) return bad(genesis.error.code, genesis.error.detail);
      writerKey = genesis.value;
    } else if (line.kind === 'genesis') return bad('genesis-misplaced', 'a second genesis record');
    if (closedAt !== undefined && !(line.kind === 'signature' && place.seq === closedAt + 1)) {
      return bad('after-close', 'it stands after the close record');
    }
    if (line.chain.segment !== name) return bad('segment-mismatch', 'it belongs to another segment');
    if (line.chain.seq !== expected.seq) {
      return bad('sequence-broken', `record ${expected.seq} should stand here, and record ${line.chain.seq} does`);
    }
    const hash = hashLine(raw.bytes);
    if (line.chain.prev !== expected.prev) {
      const before = bad('chain-broken', 'its bytes are not those that the next record was chained to', last ?? place);
      const after = bad('chain-broken', 'it does not name the hash of the record before it');
      if (!last) return after;
      if (line.kind === 'signature') return isSignedBy(writerKey, line) ? before : after;
      suspects = { before, after, afterHash: hash };
      return undefined;
    }
    if (line.kind === 'signature' && !isSignedBy(writerKey, line)) {
      const from = unsigned ? ` of records ${unsigned.seq} to ${place.seq - 1}` : '';
      return bad('signature-invalid', `the writer's signature${from} does not verify`);
    }

    const reference = referenceOf(line);
    const broken = reference && (await verifySideBlob(ports.reader, container, name, reference));
    if (broken) return bad(broken.code, broken.detail);

    if (line.kind === 'close') closedAt = place.seq;
    unsigned = line.kind === 'signature' ? undefined : (unsigned ?? place);
    last = { ...place, kind: line.kind };
    expected = { seq: expected.seq + 1, prev: hash };
    if (line.kind === 'signature') {
      signed = { lines: expected.seq, bytes: raw.offset + raw.bytes.length + 1, head: hash };
    }
    if (reference) sideBlobs += 1;
    if (ports.onLines) uncovered.push(line);
    if (ports.onLines && line.kind === 'signature') {
      const covered = uncovered;
      uncovered = [];
      await ports.onLines(covered, { container, name });
    }
    return undefined;
  };

  return {
    /** The fault that this line shows, if any: not always its own. */
    next,
    /** What only the end of the blob shows. */
    atEnd(): Fault | undefined {
      if (suspects) return suspects.after;
      if (unsigned) {
        const detail =
          'no signature covers this record and what follows: the append it came in was cut, or is not the writer’s';
        return { code: closedAt === unsigned.seq ? 'close-unsigned' : 'end-unsigned', ...unsigned, detail };
      }
      return undefined;
    },
    isClosed: () => closedAt !== undefined,
    state: () => expected,
    counts() {
      const { lines, bytes, head } = signed;
      return { lines, bytes, head, sideBlobs, ...(writerKey && { writerKey }) };
    },
  };
}

function referenceOf(line: Line): ContentRef | undefined {
  if ('requestRef' in line) return line.requestRef;
  return 'messageRef' in line ? line.messageRef : undefined;
}

async function verifySideBlob(
  reader: TranscriptReader,
  container: string,
  segment: string,
  reference: ContentRef,
): Promise<Pick<Fault, 'code' | 'detail'> | undefined> {
  const chunks = await reader.read(container, sideBlobName(segment, reference.sha256));
  if (!chunks) return { code: 'side-blob-missing', detail: 'its content, a side blob, is missing' };
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  if (bytes === reference.bytes && hash.digest('hex') === reference.sha256) return undefined;
  return { code: 'side-blob-changed', detail: 'its content, a side blob, is not what was recorded' };
}
