/** Answers from cards over a real inbox with held calls in memory, brought by a workflow that a test speaks for. */

import { sendNextNotice } from '../../../../shared/approvals/announce.ts';
import { createCard } from '../../../../shared/approvals/card.ts';
import { createInbox } from '../../../../shared/approvals/create-inbox.ts';
import { createFlowAnswers, type FlowAnswersOptions } from '../../../../shared/approvals/flow/answers.ts';
import type { ApprovalParts } from '../../../../shared/approvals/parts.ts';
import { ok } from '../../../../shared/result.ts';
import { createTestClock } from '../../transcripts/test-clock.ts';
import { NOON_MS } from '../approval-fixture.ts';
import { type Desk, type Name, principalOf } from '../desk.ts';
import { TENANT } from '../scene.ts';

export const WORKFLOW = { id: '5a11e000-0000-4000-8000-0000000000c6' };
export const CARD = '0123456789abcdef'.repeat(2);

export interface Sent {
  readonly as?: Name;
  readonly verdict?: 'approve' | 'deny';
  readonly reason?: string;
  readonly responder?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** In place of all of it. */
  readonly raw?: string;
  readonly method?: string;
  readonly kind?: string;
  readonly authorization?: string;
}

export interface Told {
  readonly status: number;
  readonly text: string | undefined;
}

/** The desk's approvals where an answer on a card counts for finance, and for audit on a page only. */
function withFlow({ parts }: Desk): ApprovalParts {
  const quorums = new Map(parts.config.quorums);
  const finance = quorums.get('finance');
  if (finance !== undefined) quorums.set('finance', { ...finance, channels: [...finance.channels, 'teams-flow'] });
  return { ...parts, config: { ...parts.config, quorums } };
}

export function createAnswerScene(desk: Desk, more: Partial<FlowAnswersOptions> = {}) {
  const clock = createTestClock(NOON_MS);
  const marks = new Set<string>();
  const refusals: string[] = [];
  const logged: string[] = [];
  const answers = createFlowAnswers({
    inbox: createInbox(withFlow(desk)),
    authenticate: async (authorization) =>
      authorization === 'Bearer workflow'
        ? ok(WORKFLOW)
        : { ok: false, error: { status: 401, code: 'missing', detail: 'no token' } },
    tenantId: TENANT,
    memberships: desk.parts.memberships,
    guests: { isGuest: async () => ok(false) },
    marks: {
      async claim(id) {
        const isFirst = !marks.has(id);
        marks.add(id);
        return isFirst;
      },
    },
    postNextCard: (approval, round) => sendNextNotice(desk.parts, approval, round),
    refused: async (code, { person, why }) => {
      refusals.push([code, why, person].filter((part) => part !== undefined).join(' '));
    },
    addressOf: () => '192.0.2.1',
    publicUrl: 'https://gateway.example',
    clock,
    log: (_level, event) => logged.push(event),
    ...more,
  });

  return {
    clock,
    marks,
    refusals,
    logged,
    /** Cards that were asked for beside the first. */
    nextRounds: () =>
      desk.queue.messages.flatMap(({ body }) =>
        body.kind === 'notice' && body.round !== undefined ? [body.round] : [],
      ),
    async send(sent: Sent = {}): Promise<Told> {
      const { as = 'bob', verdict = 'approve', reason = 'seen', method = 'POST', kind = 'flow' } = sent;
      const { id, name } = principalOf(as);
      const approval = desk.only();
      const body =
        sent.raw ??
        JSON.stringify({
          answeredAt: new Date(clock.nowMs()).toISOString(),
          responder: { objectId: id, tenantId: TENANT, displayName: name, ...sent.responder },
          data: {
            approval: approval.id,
            verdict,
            evidence: approval.evidence,
            card: CARD,
            round: 1,
            [`${verdict}Reason`]: reason,
            ...sent.data,
          },
          ...sent.body,
        });
      const answer = await clock.until(
        answers.answer({
          method,
          url: 'https://gateway.example/teams/flow',
          headers: new Headers({ authorization: sent.authorization ?? 'Bearer workflow' }),
          params: { kind },
          body: method === 'POST' ? new Blob([body]).stream() : null,
          signal: new AbortController().signal,
        }),
      );
      return { status: answer.status, text: readText(answer.body) };
    },
    /** What the row's card sends, whatever was pressed. */
    cardData: (): readonly unknown[] => submitsOf(createCard(desk.only(), cardOptions)),
  };
}

const cardOptions = { publicUrl: 'https://gateway.example', mayReply: true, answer: { card: CARD, round: 1 } } as const;

/** The `data` of every Action.Submit, at any depth. */
export function submitsOf(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'type' in value && value.type === 'Action.Submit' && 'data' in value ? [value.data] : [];
  return [...own, ...Object.values(value).flatMap(submitsOf)];
}

function readText(body: unknown): string | undefined {
  if (typeof body !== 'string') return undefined;
  const answer: unknown = JSON.parse(body);
  return typeof answer === 'object' && answer !== null && 'text' in answer ? String(answer.text) : undefined;
}
