/**
 * Whether what a seal says of a segment still holds (DESIGN §6): a line ends where the seal says, and hashes to what it
 * says. By the chain this holds every byte before it too. Looks at lines as they are read, so it costs nothing more.
 */
import type { ChainState } from './chain.ts';
import type { RawLine } from './read-lines.ts';
import type { Fault } from './verify-report.ts';

/** How far a segment goes: up to the end of a line that signs. */
export interface Position {
  readonly bytes: number;
  readonly lines: number;
  /** SHA-256 of the last line, lower-case hex; zeros where there is none. */
  readonly head: string;
}

export interface SealedCheck {
  /** `state`: after this line. */
  next(raw: RawLine, state: ChainState): Fault | undefined;
  atEnd(state: ChainState): Fault | undefined;
}

export function createSealedCheck(sealed: Position | undefined): SealedCheck {
  let end = 0;
  let isFound = sealed === undefined || sealed.bytes === 0;
  return {
    next(raw, state) {
      end = raw.offset + raw.bytes.length + 1;
      if (isFound || !sealed || end < sealed.bytes) return undefined;
      isFound = end === sealed.bytes && state.prev === sealed.head && state.seq === sealed.lines;
      if (isFound) return undefined;
      const detail = `the seal says that ${sealed.lines} lines end at byte ${sealed.bytes}, the last with another hash`;
      return { code: 'head-differs', seq: state.seq - 1, offset: raw.offset, detail };
    },
    atEnd(state) {
      if (isFound || !sealed) return undefined;
      const detail = `a seal says that it had ${sealed.lines} lines, ${sealed.bytes} bytes: ${sealed.bytes - end} bytes are gone`;
      return { code: 'shorter-than-sealed', seq: state.seq, offset: end, detail };
    },
  };
}
