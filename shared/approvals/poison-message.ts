/**
 * A message that no redelivery will mend: malformed, or naming what cannot be an approval. Thrown out of a queue's
 * handler, so that it ends in the dead-letter queue, where somebody looks; returning would lose it.
 */
export class PoisonMessage extends Error {
  override readonly name = 'PoisonMessage';
}
