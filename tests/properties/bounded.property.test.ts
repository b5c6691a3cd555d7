/** A bounded set against one without bounds: what it holds does not depend on the order in which it was filled. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addTo, type Bounded, EMPTY } from '../../shared/sessions/bounded.ts';

const MAX = 4;
const member = fc.record(
  { id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), name: fc.constantFrom('x', 'y', 'z') },
  { requiredKeys: ['id'] },
);

it('a bounded set holds the smallest, with the smallest of their names, in whatever order they came', () => {
  fc.assert(
    fc.property(fc.array(member, { maxLength: 30 }), (members) => {
      const filled = members.reduce<Bounded<(typeof members)[number]>>((set, one) => addTo(set, one, MAX), EMPTY);
      const ids = [...new Set(members.map(({ id }) => id))].sort();
      const expected = ids.slice(0, MAX).map((id) => {
        const [name] = members.flatMap((one) => (one.id === id && one.name !== undefined ? [one.name] : [])).sort();
        return name === undefined ? { id } : { id, name };
      });
      expect(filled).toEqual({ items: expected, isCut: ids.length > MAX });
    }),
  );
});
