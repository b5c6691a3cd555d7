/**
 * One question, answered from verified records (DESIGN §1): did data of a class reach this principal in clear? Exactly
 * one of no, yes with the list, or cannot tell with why. It judges as the review's sentence does, for one principal.
 */
import { z } from 'zod';
import type { Exposure } from '../masking/masker.ts';
import type { StoryItem } from '../sessions/story.ts';
import { sumExposure } from '../sessions/sum-exposure.ts';
import { type Period, type PeriodSource, readPeriod } from './read-period.ts';
import { type Proof, personKey, principalSchema, proofSchema } from './report.ts';
import { answerExposure, count, doubtsOf, type ExposureFacts, sealWords, sum } from './sentence.ts';
import { iso, toolOf } from './tally-person.ts';

export interface Question extends Period {
  /** An object id, or a name as records have it. */
  readonly principal: string;
  /** Any class, without it. */
  readonly class?: string;
}

const whole = z.int().min(0);

const foundSchema = z.object({
  time: z.string(),
  /** Of the call, or of the approval that was looked at. */
  id: z.string(),
  tool: z.string(),
  session: z.string(),
  class: z.string(),
  count: whole,
});

export const askAnswerSchema = z.object({
  kind: z.enum(['no', 'yes', 'cannot-tell']),
  sentence: z.string(),
  principal: principalSchema,
  calls: whole,
  masked: whole,
  found: z.array(foundSchema),
  furtherFound: whole,
  /** Of `cannot-tell`, and beside a yes: what is not known. */
  why: z.array(z.string()),
  proof: proofSchema,
});

export type AskAnswer = z.output<typeof askAnswerSchema>;

export type Asked =
  | { readonly kind: 'answered'; readonly answer: AskAnswer }
  /** The records of the period know nobody of that name: an object id can be asked for all the same. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly AskAnswer['principal'][] };

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOST_FOUND = 1_000;
const MOST_CANDIDATES = 20;

/** Rejects as `readPeriod` does. */
export async function ask(source: PeriodSource, question: Question): Promise<Asked> {
  const wanted = question.principal.trim().toLowerCase();
  const isId = GUID.test(wanted);
  const tallies = new Map<string, QuestionTally>();
  const strays = createStrays(question);
  const proof = await readPeriod(source, question, (item) => {
    if (item.kind === 'stray') return strays.take(item);
    const principal = item.kind === 'view' ? item.by.principal : 'call' in item ? item.call?.principal : undefined;
    if (principal === undefined || item.kind === 'approval') return;
    if (!(isId ? principal.id === wanted : isCalled(principal.name, wanted))) return;
    const key = personKey(principal);
    const known = tallies.get(key) ?? createQuestionTally(principal, question.class);
    if (tallies.size < MOST_CANDIDATES || tallies.has(key)) tallies.set(key, known);
    known.take(item);
  });
  const [first, ...others] = tallies.values();
  if (others.length > 0 && first)
    return { kind: 'ambiguous', candidates: [first, ...others].map(({ principal }) => principal) };
  if (first === undefined && !isId) return { kind: 'nobody' };
  const nobody = () => createQuestionTally({ kind: 'user', id: wanted, guest: false }, question.class);
  return { kind: 'answered', answer: (first ?? nobody()).answer(proof, strays.facts()) };
}

/** `alice` is also who is recorded as `alice@example.com`. */
function isCalled(name: string | undefined, wanted: string): boolean {
  const known = name?.toLowerCase();
  return known !== undefined && (known === wanted || known.split('@', 1)[0] === wanted);
}

interface QuestionTally {
  readonly principal: AskAnswer['principal'];
  take(item: StoryItem): void;
  answer(proof: Proof, strays: Pick<ExposureFacts, 'strays'> & { readonly count: number }): AskAnswer;
}

function createQuestionTally(principal: AskAnswer['principal'], wanted: string | undefined): QuestionTally {
  const totals = { calls: 0, ran: 0, refused: 0, held: 0, unknown: 0, unfinished: 0, withheld: 0, strays: 0 };
  const found: AskAnswer['found'] = [];
  let further = 0;
  let delivered: readonly Exposure[] = [];
  let seen: readonly Exposure[] = [];

  function note(item: StoryItem, id: string, tool: string, exposure: readonly Exposure[]): void {
    for (const { class: name, outcome, count: n } of exposure) {
      if (outcome !== 'revealed' || n === 0) continue;
      if (found.length >= MOST_FOUND) further += 1;
      else found.push({ time: iso(item.timeMs), id, tool, session: item.session.id, class: name, count: n });
    }
  }

  return {
    principal,
    take(item) {
      if (item.kind === 'call') {
        const { status, call } = item;
        totals.calls += 1;
        if (status === 'refused' || status === 'held' || status === 'unknown' || status === 'unfinished') {
          totals[status] += 1;
        } else totals.ran += 1;
        if (status === 'withheld') totals.withheld += 1;
        const exposure = ofClass(item.exposure, wanted);
        delivered = sumExposure(delivered, exposure);
        note(item, call.id, toolOf(call.method, call.target), exposure);
      } else if (item.kind === 'delivery') {
        const exposure = ofClass(item.exposure, wanted);
        delivered = sumExposure(delivered, exposure);
        note(item, item.call.id, `answer of ${item.releaseCallId}`, exposure);
      } else if (item.kind === 'view') {
        const exposure = ofClass(item.exposure, wanted);
        seen = sumExposure(seen, exposure);
        note(item, item.subject ?? '', `looked at: ${item.what}`, exposure);
      }
    },
    answer(proof, { strays, count: strayCount }) {
      const who = principal.name ?? principal.id;
      const facts: ExposureFacts = {
        totals: { ...totals, strays: strayCount },
        callers: [{ who, exposure: delivered }],
        viewers: [{ who, exposure: seen }],
        strays,
        proof,
      };
      const { kind } = answerExposure(facts);
      const masked = sum(facts.callers, 'masked');
      const why = doubtsOf(facts);
      const counted = `${count(totals.calls, 'call')}, ${masked.toLocaleString('en-GB')} masked, ${sealWords(proof)}`;
      const revealed = sum(facts.callers, 'revealed') + sum(facts.viewers, 'revealed');
      const sentences = {
        no: `no (${counted})`,
        yes: `yes (${count(revealed, 'value')} in clear; ${counted})`,
        'cannot-tell': `cannot tell: ${why.join('; ')} (${counted})`,
      };
      const sorted = found.sort((left, right) => (left.time < right.time ? -1 : 1));
      return {
        kind,
        sentence: sentences[kind],
        principal,
        calls: totals.calls,
        masked,
        found: sorted,
        furtherFound: further,
        why: [...why],
        proof,
      };
    },
  };
}

/** What nobody could inspect may hold any class. */
function ofClass(exposure: readonly Exposure[], wanted: string | undefined): readonly Exposure[] {
  if (wanted === undefined) return exposure;
  return exposure.filter(({ class: name, outcome }) => name === wanted || outcome === 'uninspected');
}

/** Nobody knows whose these are: perhaps theirs. */
function createStrays({ class: wanted }: Question) {
  let exposure: readonly Exposure[] = [];
  let strays = 0;
  return {
    take(item: Extract<StoryItem, { kind: 'stray' }>): void {
      strays += 1;
      // Whether it was revealed to them is what nobody knows: never a yes by itself.
      const found = ofClass(item.exposure, wanted).filter(({ outcome }) => outcome !== 'revealed');
      exposure = sumExposure(exposure, found);
    },
    facts: () => ({ strays: exposure, count: strays }),
  };
}
