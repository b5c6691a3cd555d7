/**
 * Outcomes of questions that were asked before: an outcome depends on nothing but its question and on policies that never
 * change while an engine lives, so the same question has the same outcome. What is visible to somebody is asked at every
 * call, and Cedar takes a hundred times as long as a look-up. Questions that hold a caller's arguments are for nobody to
 * keep, and never come here.
 */
import type { Outcome, Question } from './evaluate.ts';

/** About 2 MB, at some 500 characters a question. */
const MAX_QUESTIONS = 4_096;
/** A caller may choose a resource's address, and with it how long a question is. */
const MAX_QUESTION_LENGTH = 4_096;

export type Ask = (question: Question) => Outcome;

/** The question asked longest ago is forgotten first. An error is not remembered: it may have been the engine's own. */
export function rememberOutcomes(ask: Ask, maxQuestions = MAX_QUESTIONS): Ask {
  const known = new Map<string, Outcome>();
  return (question) => {
    const { principal, action, resource, entities, context, policySet, schema } = question;
    const key = JSON.stringify([policySet, schema, action, principal, resource, context, entities]);
    const kept = known.get(key);
    if (kept !== undefined) return kept;
    const outcome = ask(question);
    if (outcome.kind === 'error' || key.length > MAX_QUESTION_LENGTH) return outcome;
    if (known.size >= maxQuestions) {
      for (const oldest of known.keys()) {
        known.delete(oldest);
        break;
      }
    }
    known.set(key, outcome);
    return outcome;
  };
}
