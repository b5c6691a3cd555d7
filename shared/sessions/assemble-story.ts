/**
 * Verified lines become items (DESIGN §6): an intent, its events and its outcome are one call. Segments may come in any
 * order, and at the same time, as long as the lines of each come in theirs. What is held meanwhile is small: facts of the
 * calls that have not ended, and content only of what it was asked to keep.
 */
import { parseSegmentName } from '../transcripts/layout.ts';
import type { Line } from '../transcripts/line-schema.ts';
import { addEvent, addIntent, addOutcome, type CallDraft, createCallDraft, finishCall, strayOf } from './call-draft.ts';
import { itemsOfLine } from './items-of-line.ts';
import { placeKey, type RecordPlace, type SessionName, type StoryItem } from './story.ts';

export interface AssembleOptions {
  /** Told of each item once it is complete: those of one session in no certain order. */
  readonly onItem: (item: StoryItem) => void;
  readonly nowMs: number;
  /** A call without an outcome that is older, is `unknown`: nobody can still be at it. */
  readonly leaseMs: number;
  /** The same for a stream of notices, whose lifetime is longer. */
  readonly streamLeaseMs: number;
  /** Whether the content of this item is kept; its place is its first record's. Nothing is, by default. */
  readonly keepsContent?: (key: string) => boolean;
}

export interface StoryAssembler {
  /** Throws on a segment whose name is none: no writer gives one. */
  take(lines: readonly Line[], segment: { readonly container: string; readonly name: string }): void;
  /** Tells of the calls that have not ended. Nothing may be taken afterwards. */
  end(): void;
}

export function assembleStory(options: AssembleOptions): StoryAssembler {
  const { onItem, keepsContent = () => false } = options;
  /** By call id: begun and not ended, or ended before its beginning was seen. */
  const drafts = new Map<string, CallDraft>();

  function finish(draft: CallDraft): void {
    drafts.delete(draft.callId);
    const item = draft.intent ? finishCall(draft, draft.intent, options) : strayOf(draft);
    if (item !== undefined) onItem(item);
  }

  function takeIntent(line: Extract<Line, { kind: 'intent' }>, at: RecordPlace, session: SessionName): void {
    const known = drafts.get(line.call.id);
    // Two that bear the same id are two calls, whoever wrote them.
    if (known?.intent) finish(known);
    const draft = known === undefined || known.intent ? createCallDraft(line.call.id, session) : known;
    drafts.set(line.call.id, draft);
    addIntent(draft, line, at, keepsContent(placeKey(at)));
  }

  function takeEnding(line: Extract<Line, { kind: 'event' | 'outcome' }>, at: RecordPlace, session: SessionName): void {
    const draft = drafts.get(line.callId) ?? createCallDraft(line.callId, session);
    drafts.set(line.callId, draft);
    if (line.kind === 'event') addEvent(draft, line, at);
    else addOutcome(draft, line, at);
    // Begun and ended in one segment: its events stand in between. Otherwise some may be in one that is still to come.
    if (line.kind === 'outcome' && draft.intent?.at.segment === at.segment) finish(draft);
  }

  return {
    take(lines, { container, name }) {
      const parts = parseSegmentName(name);
      if (!parts) throw new RangeError('lines of a segment that has no name of one');
      const session: SessionName = { id: parts.session, server: parts.server };
      for (const line of lines) {
        const at: RecordPlace = { container, segment: name, seq: line.chain.seq };
        if (line.kind === 'intent') takeIntent(line, at, session);
        else if (line.kind === 'event' || line.kind === 'outcome') takeEnding(line, at, session);
        else for (const item of itemsOfLine(line, at, session, keepsContent(placeKey(at)))) onItem(item);
      }
    },
    end() {
      for (const draft of [...drafts.values()]) finish(draft);
    },
  };
}
