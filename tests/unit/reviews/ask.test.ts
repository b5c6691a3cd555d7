/** One question and its three answers. */
import { describe, expect, it } from 'vitest';
import { type AskAnswer, ask, type Question } from '../../../shared/reviews/ask.ts';
import { proves } from '../../requirements.ts';
import { callFacts, createReviewScene, DAY_MS, personOf, type ReviewScene, sessionOf } from './review-scene.ts';

const alice = personOf('alice');
const bob = personOf('bob');
const SEALED = 'verified to seal 1 of 22 November 2026, 12:00 UTC';

async function put(scene: ReviewScene, more: Partial<Question> = {}) {
  const nowMs = scene.clock.nowMs();
  const question = { server: 'crm', sinceMs: nowMs - DAY_MS, untilMs: nowMs + 1, principal: 'alice', ...more };
  return scene.clock.until(ask({ ...scene.options, nowMs }, question));
}

async function answerOf(scene: ReviewScene, more: Partial<Question> = {}): Promise<AskAnswer> {
  const asked = await put(scene, more);
  if (asked.kind !== 'answered') throw new Error(asked.kind);
  return asked.answer;
}

const of = (name: string, outcome: 'masked' | 'revealed' | 'uninspected' | 'withheld', count: number) => ({
  class: name,
  outcome,
  count,
});

describe('a question', () => {
  it(proves('review.ask', 'is answered no, with what was counted and how far it is proven'), async () => {
    const scene = createReviewScene();
    await scene.call(alice, 'get_customer', { exposure: [of('card', 'masked', 2), of('email', 'revealed', 1)] });
    await scene.call(bob, 'run_query', { exposure: [of('card', 'revealed', 9)] });
    await scene.seal();
    const answer = await answerOf(scene, { class: 'card' });
    expect(answer).toMatchObject({ kind: 'no', calls: 1, masked: 2, found: [], why: [], principal: { id: alice.id } });
    expect(answer.sentence).toBe(`no (1 call, 2 masked, ${SEALED})`);
  });

  it(proves('review.ask', 'is answered yes, with each call, kept answer and look that showed it'), async () => {
    const scene = createReviewScene();
    await scene.call(alice, 'get_customer', { id: 'c-1', exposure: [of('card', 'revealed', 2)] });
    const facts = { call: callFacts(alice, 'refund_payment', 'c-2'), approval: 'a-1', releaseCallId: 'r-1' };
    await scene.record({ kind: 'delivery', ...facts, message: {}, exposure: [of('card', 'revealed', 1)] });
    const view = { kind: 'view', what: 'approval', by: { principal: alice }, subject: 'a-9' } as const;
    await scene.record({ ...view, exposure: [of('card', 'revealed', 4)] });
    const answer = await answerOf(scene, { class: 'card', principal: alice.id.toUpperCase() });
    expect(answer.kind).toBe('yes');
    expect(answer.found.map(({ id, tool, session, count }) => [id, tool, session, count])).toEqual([
      ['c-1', 'get_customer', sessionOf(alice).id, 2],
      ['c-2', 'answer of r-1', sessionOf(alice).id, 1],
      ['a-9', 'looked at: approval', sessionOf(alice).id, 4],
    ]);
    expect(answer.why).toEqual(['no seal stands over these records yet']);
    expect(answer.sentence).toBe('yes (7 values in clear; 1 call, 0 masked, under no seal)');
  });

  it(proves('review.ask', 'is answered cannot tell, with why'), async () => {
    const scene = createReviewScene();
    await scene.call(alice, 'get_customer', { exposure: [of('image', 'uninspected', 1)] });
    await scene.call(alice, 'get_customer', { status: 'unknown' });
    await scene.seal();
    const answer = await answerOf(scene, { class: 'card' });
    expect(answer.kind).toBe('cannot-tell');
    expect(answer.sentence).toBe(
      `cannot tell: 1 part that nobody could inspect was delivered; what became of 1 call is not known (2 calls, 0 masked, ${SEALED})`,
    );
  });

  it('is not answered no over another’s broken transcript: nobody knows whose it was', async () => {
    const scene = createReviewScene();
    await scene.call(alice, 'get_customer');
    await scene.call(bob, 'run_query');
    await scene.seal();
    for (const path of scene.store.content.keys())
      if (path.includes(sessionOf(bob).id)) scene.store.content.delete(path);
    expect((await answerOf(scene)).why).toEqual(['1 segment of the transcript was tampered with']);
  });

  it(proves('review.ask', 'names candidates of a name that several bear, and says when nobody does'), async () => {
    const scene = createReviewScene();
    const other = { ...bob, name: 'alice@partner.example' };
    await scene.call(alice, 'get_customer');
    await scene.call(other, 'run_query');
    expect(await put(scene)).toMatchObject({ kind: 'ambiguous', candidates: [{ id: alice.id }, { id: bob.id }] });
    expect((await answerOf(scene, { principal: 'Alice@Partner.example' })).principal.id).toBe(bob.id);
    expect(await put(scene, { principal: 'ali' })).toEqual({ kind: 'nobody' });
    await scene.seal();
    expect(await answerOf(scene, { principal: personOf('mallory').id })).toMatchObject({
      kind: 'no',
      sentence: `no (0 calls, 0 masked, ${SEALED})`,
    });
  });
});
