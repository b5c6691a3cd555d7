/** What an agent can do to a page, and to the instance that renders it, with arguments of the largest allowed size. */
import { describe, expect, it } from 'vitest';
import { argumentList } from '../../shared/pages/argument-list.ts';
import { proves } from '../requirements.ts';

/** As much as a request may hold (`limits.requestBytes`). */
const REQUEST_BYTES = 4 * 1024 * 1024;

describe('arguments made of nothing that is visible', () => {
  it.each([
    ['one character after the other', '\u007f'],
    ['between others', 'a\u007f'],
    ['of more bytes', '\u200b'],
  ])(proves('attack.page-weight', 'cost a page a few times their size: %s'), async (_, unit) => {
    const note = unit.repeat(REQUEST_BYTES / Buffer.byteLength(unit));
    const page = String(await argumentList({ note }));
    expect(page.length).toBeLessThan(12 * REQUEST_BYTES);
    expect(page).toContain('not visible⟩');
    expect(page).not.toContain('\u007f');
    expect(page).not.toContain('\u200b');
  });

  it(proves('attack.page-weight', 'and names without number cost no row each'), async () => {
    const many = Object.fromEntries(Array.from({ length: 300_000 }, (_, n) => [`a${n}`, 0]));
    const page = String(await argumentList(many));
    expect(page.length).toBeLessThan(5 * JSON.stringify(many).length);
    expect(page).toContain('a299999');
  });

  it('are each marked while there are not too many', async () => {
    const page = String(await argumentList({ note: 'a\u200bb\u202ec' }));
    expect(page.match(/class="unseen"/g)).toHaveLength(2);
    expect(page).toContain('U+202E');
  });
});
