/** The items that one record makes by itself. Calls that ran take several records: `call-draft`. */
import type { Line } from '../transcripts/line-schema.ts';
import { contentOf } from './record-content.ts';
import type { ApprovalItem, CallItem, RecordPlace, SessionName, StoryItem } from './story.ts';

type ApprovalLine = Extract<Line, { kind: 'approval' }>;
type RefusalLine = Extract<Line, { kind: 'refusal' }>;

/** `isKept`: whether its content is. */
export function itemsOfLine(line: Line, at: RecordPlace, session: SessionName, isKept: boolean): readonly StoryItem[] {
  const where = { at, session, timeMs: Date.parse(line.time) };
  switch (line.kind) {
    case 'refusal':
      return [refused(line, where, isKept)];
    case 'approval':
      return [...heldCall(line, where, isKept), happening(line, where, isKept)];
    case 'delivery': {
      const { call, approval, releaseCallId, exposure, error } = line;
      const answer = contentOf(line, at, isKept);
      const more = { ...(error !== undefined && { error }), ...(answer !== undefined && { answer }) };
      return [{ kind: 'delivery', ...where, call, approval, releaseCallId, exposure, ...more }];
    }
    case 'view': {
      const { what, by, subject, exposure, detail } = line;
      const more = { ...(subject !== undefined && { subject }), ...(detail !== undefined && { detail }) };
      return [{ kind: 'view', ...where, what, by, exposure, ...more }];
    }
    case 'administration': {
      const { action, by, detail } = line;
      return [{ kind: 'administration', ...where, action, detail, ...(by !== undefined && { by }) }];
    }
    case 'recovery': {
      const { container, segment, lines, bytes, unfinished, unfinishedCount } = line;
      return [{ kind: 'recovery', ...where, container, segment, lines, bytes, unfinished, unfinishedCount }];
    }
    case 'intent':
    case 'event':
    case 'outcome':
    case 'genesis':
    case 'close':
    case 'signature':
      return [];
  }
}

type Where = Pick<CallItem, 'at' | 'session' | 'timeMs'>;

const NOTHING_DELIVERED = { exposure: [], events: 0, eventContents: [] } as const;

function refused(line: RefusalLine, where: Where, isKept: boolean): StoryItem {
  const { stage, code, detail, address, call, justification } = line;
  if (call === undefined) return { kind: 'turned-away', ...where, stage, code, detail, address };
  const decision = line.decision ?? { verdict: 'deny', code, policies: [] };
  const request = contentOf(line, where.at, isKept);
  return {
    kind: 'call',
    ...where,
    call,
    decision,
    refusal: { stage, code, detail },
    ...(justification !== undefined && { justification }),
    status: 'refused',
    ...NOTHING_DELIVERED,
    ...(request !== undefined && { request }),
  };
}

/** The agent made a call, and was told that it waits. */
function heldCall(line: ApprovalLine, where: Where, isKept: boolean): readonly CallItem[] {
  const { approval, event, call, decision, reason } = line;
  if ((event !== 'held' && event !== 'joined') || call === undefined) return [];
  const request = contentOf(line, where.at, isKept);
  return [
    {
      kind: 'call',
      ...where,
      call,
      decision: decision ?? { verdict: 'hold', policies: [] },
      ...(reason !== undefined && { justification: reason }),
      approval,
      status: 'held',
      ...NOTHING_DELIVERED,
      ...(request !== undefined && { request }),
    },
  ];
}

function happening(line: ApprovalLine, where: Where, isKept: boolean): ApprovalItem {
  const { approval, event, call, decision, by, verdict, reason, detail } = line;
  const request = contentOf(line, where.at, isKept);
  return {
    kind: 'approval',
    ...where,
    approval,
    event,
    ...(call !== undefined && { call }),
    ...(decision !== undefined && { decision }),
    ...(by !== undefined && { by }),
    ...(verdict !== undefined && { verdict }),
    ...(reason !== undefined && { reason }),
    ...(detail !== undefined && { detail }),
    ...(request !== undefined && { request }),
  };
}
