import { describe, expect, it } from 'vitest';
import { broken, type Check, doubt, well } from '../../../infra/cli/doctor/check.ts';
import { explainTrouble, isUnreached } from '../../../infra/cli/doctor/explain-trouble.ts';
import { findingsToJson, formatFindings } from '../../../infra/cli/doctor/format-findings.ts';
import { runChecks } from '../../../infra/cli/doctor/run-checks.ts';
import { CommandFailure } from '../../../infra/cli/outcome.ts';
import { proves } from '../../requirements.ts';

const KEY = 'key-that-nobody-may-see';

const fine: Check = { name: 'fine', look: async () => [well('fine', 'it is')] };

describe('the checks together', () => {
  it(proves('doctor.checks', 'one that throws is a failure in its place, and the others are told'), async () => {
    const throws: Check = { name: 'odd', look: () => Promise.reject(new Error(`no, not with ${KEY}`)) };
    const throwsAtOnce: Check = {
      name: 'odder',
      look: () => {
        throw new TypeError('bug');
      },
    };
    const found = await runChecks([throws, fine, throwsAtOnce], { deadlineMs: 60_000 });
    expect(found.map(({ name, status }) => `${name} ${status}`)).toEqual(['odd fail', 'fine ok', 'odder fail']);
    expect(JSON.stringify(found)).not.toContain(KEY);
  });

  it(
    proves('doctor.checks', 'one that hangs is a failure once its deadline is over, whatever comes of it'),
    async () => {
      const over = new AbortController();
      const late = Promise.withResolvers<never>();
      const hangs: Check = {
        name: 'slow',
        look() {
          over.abort();
          return late.promise;
        },
      };
      const found = await runChecks([hangs, fine], { deadlineMs: 9_000, deadline: () => over.signal });
      late.reject(new Error('nobody hears this'));
      expect(found).toMatchObject([
        { name: 'slow', status: 'fail', detail: 'nothing came of it within 9 s' },
        { status: 'ok' },
      ]);
    },
  );
});

describe('an error, explained', () => {
  it.each([
    [new Error(`401 Unauthorized: bad key ${KEY}`), 'for a reason that can’t be told safely'],
    [new TypeError('fetch failed', { cause: new Error('bad port') }), 'the request never went out'],
    [new Error('x', { cause: Object.assign(new Error(KEY), { code: 'ECONNREFUSED' }) }), 'ECONNREFUSED'],
    [Object.assign(new Error(KEY), { statusCode: 403, code: 'Forbidden' }), 'HTTP 403, Forbidden'],
    [Object.assign(new Error(KEY), { status: 500, code: `no code: ${KEY}` }), 'HTTP 500'],
    [Object.assign(new Error(KEY), { name: 'UnauthorizedError' }), 'HTTP 401'],
    [Object.assign(new Error(KEY), { name: 'CredentialUnavailableError' }), 'nobody is signed in with az or azd'],
    [new DOMException('x', 'TimeoutError'), 'no answer in time'],
    [
      new CommandFailure('in our\u001b[2J own words\nand more', { cause: new Error(KEY) }),
      'in our\\u{1b}[2J own words',
    ],
    [KEY, 'for a reason that can’t be told safely'],
  ])(proves('doctor.secrets', '%s is told without anybody else’s words'), (error, expected) => {
    expect(explainTrouble(error)).toBe(expected);
  });

  it('tells who was not reached from who refused', () => {
    expect(isUnreached(new Error('x', { cause: new TypeError('fetch failed') }))).toBe(true);
    expect(isUnreached(new DOMException('x', 'TimeoutError'))).toBe(true);
    expect(isUnreached(Object.assign(new Error('x'), { status: 401 }))).toBe(false);
  });
});

describe('findings as they are printed', () => {
  const findings = [
    well('gateway', 'answers'),
    doubt('seal', 'there is none yet', 'Wait'),
    broken('tables', 'missing: blocks\u001b[1m\nok', 'Start it again'),
  ];

  it(proves('doctor.advice', 'each has a line, and what is not well has another with what to do'), () => {
    expect(formatFindings(findings)).toBe(
      [
        'ok    gateway  answers',
        'warn  seal     there is none yet',
        '               → Wait',
        'fail  tables   missing: blocks\\u{1b}[1m\\u{a}ok',
        '               → Start it again',
        '',
        '3 lines: 1 ok, 1 warn, 1 fail',
      ].join('\n'),
    );
  });

  it('what a gateway says of itself fills no screen', () => {
    expect(formatFindings([well('metadata', 'x'.repeat(100_000))]).length).toBeLessThan(500);
  });

  it(proves('doctor.advice', 'a program gets the same as JSON'), () => {
    expect(JSON.parse(findingsToJson(findings))).toEqual({
      ok: false,
      totals: { ok: 1, warn: 1, fail: 1 },
      findings,
    });
  });
});
