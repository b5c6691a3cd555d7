/** CSV that a spreadsheet shows and does not run. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv } from '../../../shared/reviews/export-csv.ts';
import type { ReviewReport } from '../../../shared/reviews/report.ts';
import { proves } from '../../requirements.ts';
import { createReviewScene, personOf } from './review-scene.ts';

const alice = personOf('alice');

async function reportWith(name: string, justification = 'why'): Promise<ReviewReport> {
  const scene = createReviewScene();
  await scene.call({ ...alice, name }, 'get_customer', { justification });
  await scene.call({ ...alice, name }, 'search_customers', { status: 'error' });
  await scene.seal();
  return scene.build();
}

/** RFC 4180, as strictly as it says. */
function parse(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let rest = csv;
  while (rest !== '') {
    const [whole = '', quoted, plain, end] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest) ?? [];
    if (whole === '') throw new Error(`no cell at ${rest.slice(0, 40)}`);
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    rest = rest.slice(whole.length);
    if (end === '\r\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

const report = await reportWith('=HYPERLINK("http://evil.example","alice")', '+1\r\n"quoted", and more');

describe('a review as CSV', () => {
  it(proves('review.export-csv', 'has a row for each person and tool, and for whoever did nothing'), () => {
    const [head = [], ...rows] = parse(toCsv(report));
    const asObjects = rows.map((row) => Object.fromEntries(head.map((column, n) => [column, row[n]])));
    const hers = asObjects.filter(({ id }) => id === alice.id);
    expect(hers.map(({ tool, calls, answered, error, standing }) => [tool, calls, answered, error, standing])).toEqual([
      ['get_customer', '1', '1', '0', 'did'],
      ['search_customers', '1', '0', '1', 'did'],
    ]);
    expect(
      asObjects.filter(({ standing }) => standing === 'never').map(({ tool, calls }) => [tool, calls]),
    ).toContainEqual(['', '0']);
    expect(asObjects.every(({ server, seal, answer }) => server === 'crm' && seal === '1' && answer === 'no')).toBe(
      true,
    );
    expect(rows.every((row) => row.length === head.length)).toBe(true);
  });

  it(proves('review.export-csv', 'says what was decided, by whom and why'), () => {
    const decision = {
      id: 'd',
      review: 'r',
      number: 1,
      principal: alice,
      verdict: 'revoke',
      reason: '-2+3',
      by: personOf('carol'),
      decidedMs: 0,
    } as const;
    const [head = [], ...rows] = parse(toCsv(report, [decision]));
    const row = rows.find((cells) => cells.includes(alice.id)) ?? [];
    expect(head.map((column, n) => [column, row[n]]).slice(-4)).toEqual([
      ['decision', 'revoke'],
      ['reason', "'-2+3"],
      ['decidedBy', 'carol@sallyport.example'],
      ['decidedAt', '1970-01-01T00:00:00.000Z'],
    ]);
  });

  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    ' =1',
    '"=1',
    "'=1",
    '\u00a0=1',
    '\u200b=1',
    '＝1',
    '|calc',
    '%0A',
  ])(proves('review.export-csv', 'puts an apostrophe before %j'), async (text) => {
    const named = {
      ...report,
      people: report.people.map((one) => ({ ...one, principal: { ...one.principal, name: text } })),
    };
    for (const row of parse(toCsv(named)).slice(1)) expect(row[7]).toBe(`'${text}`);
  });

  it(proves('review.export-csv', 'gives every text back to a strict reader, and begins no cell like a formula'), () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const named = {
          ...report,
          people: report.people.map((one) => ({ ...one, principal: { ...one.principal, name: text } })),
        };
        for (const row of parse(toCsv(named)).slice(1)) {
          expect([text, `'${text}`]).toContain(row[7]);
          for (const cell of row) expect(cell).not.toMatch(/^[\s"]*[=+\-@]/);
        }
      }),
    );
  });
});
