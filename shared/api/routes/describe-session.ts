/** Sessions as programs get them: times as text, contents as recorded, and nothing that is not on record. */
import type { z } from '@hono/zod-openapi';
import { createItemProofs, type SessionProof } from '../../sessions/read-session.ts';
import { countUnfinished, type SessionSummary } from '../../sessions/session-summary.ts';
import type { RecordContent, SessionName, StoryItem } from '../../sessions/story.ts';
import type { sessionItemSchema, sessionSchema, sessionSummarySchema } from './session-schemas.ts';

export function summariseSession(summary: SessionSummary): z.output<typeof sessionSummarySchema> {
  const { id, server, firstMs, lastMs, people, agents, tools, approvals, counts, exposure } = summary;
  return {
    id,
    server,
    first: new Date(firstMs).toISOString(),
    last: new Date(lastMs).toISOString(),
    people: people.items.map(({ id: who, name }) => ({ id: who, ...(name !== undefined && { name }) })),
    agents: [...agents.items],
    tools: [...tools.items],
    approvals: [...approvals.items],
    isCut: [people, agents, tools, approvals].some(({ isCut }) => isCut),
    calls: counts.allow,
    held: counts.hold,
    refused: counts.deny,
    unfinished: countUnfinished(summary),
    counts: { ...counts },
    exposure: [...exposure],
  };
}

export interface DescribedSession {
  readonly session: SessionName;
  readonly proof: SessionProof;
  readonly items: readonly StoryItem[];
  readonly total: number;
  readonly leftOut: number;
  readonly withContent: boolean;
}

export function describeSession(given: DescribedSession): z.output<typeof sessionSchema> {
  const { session, proof, items, total, leftOut, withContent } = given;
  const proofOf = createItemProofs(proof);
  const { state, lastSeal, isChainSound, lines, sealedLines } = proof;
  const segments = proof.segments.map(({ isRecovered: _, fault, ...segment }) => ({
    ...segment,
    ...(fault && {
      fault: { code: fault.code, detail: fault.detail, ...(fault.seq !== undefined && { seq: fault.seq }) },
    }),
  }));
  return {
    ...session,
    proof: { state, lastSeal, isChainSound, lines, sealedLines, segments },
    items: items.map((item) => describeItem(item, proofOf(item), withContent)),
    total,
    leftOut,
  };
}

function describeItem(
  item: StoryItem,
  proof: 'sealed' | 'signed' | 'broken',
  withContent: boolean,
): z.output<typeof sessionItemSchema> {
  const { kind, timeMs, at, session: _, ...facts } = item;
  const entries = Object.entries(facts).flatMap(([name, value]): [string, unknown][] => {
    if (name === 'request' || name === 'answer') return withContent ? [[name, describeContent(value)]] : [];
    if (name !== 'eventContents') return [[name, value]];
    return withContent && Array.isArray(value) && value.length > 0
      ? [['eventMessages', value.map(describeContent)]]
      : [];
  });
  // What the item says for itself comes last, whatever a kind may be named for.
  return { ...Object.fromEntries(entries), kind, time: new Date(timeMs).toISOString(), record: at, proof };
}

/** A side blob by its name: whoever may read it, reads it there. */
function describeContent(content: RecordContent): unknown {
  switch (content.kind) {
    case 'inline':
      return { value: content.value };
    case 'side-blob':
      return { blob: `${content.container}/${content.name}`, bytes: content.bytes };
    case 'left-out':
      return {};
  }
}
