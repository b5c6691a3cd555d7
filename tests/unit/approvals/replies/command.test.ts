import { describe, expect, it } from 'vitest';
import { readCommand } from '../../../../shared/approvals/replies/command.ts';
import { proves } from '../../../requirements.ts';

const AT = '<at>Sallyport</at>';

describe('a command', () => {
  it.each([
    [`${AT} approve K7Q2XY`, 'approve', ''],
    [`${AT}&nbsp;Approve K7Q2XY because they called\n`, 'approve', 'because they called'],
    [`<div>${AT} <b>APPROVE</b> k7q-2xy</div>`, 'approve', ''],
    [`approve K7Q 2XY fine ${AT}`, 'approve', 'fine'],
    [`${AT}: deny: K7Q2XY: not this one`, 'deny', 'not this one'],
    [`${AT} deny K7Q2XY, too much`, 'deny', 'too much'],
    [`<p>${AT}</p><p>deny</p><p>K7Q2XY</p><p>one<br>two</p>`, 'deny', 'one two'],
    [`${AT} deny K7Q2XY R&amp;D says &#x6E;o &#38; no &#1234567;`, 'deny', 'R&D says no & no &#1234567;'],
    [`${AT} deny K7Q2XY approve ABCDEF`, 'deny', 'approve ABCDEF'],
    [`<at id="0">Sallyport</at> <at id="1">Approve</at> deny K7Q2XY no`, 'deny', 'no'],
  ])(proves('teams.command', 'is read as people write it: %s'), (html, verdict, reason) => {
    expect(readCommand(html.replace(`${AT}:`, AT))).toEqual({ kind: 'decide', verdict, code: 'K7Q2XY', reason });
  });

  it.each([
    `${AT} Approve`,
    `<at>approve K7Q2XY</at>`,
    `<at>approve</at> K7Q2XY`,
    `<img alt="approve K7Q2XY">`,
    `${AT} yes, approve K7Q2XY`,
    `${AT} approve K7 Q2XY`,
    `${AT} approve K7Q2X`,
    `${AT} deny&#32`,
  ])(proves('teams.command', 'is not guessed: %s'), (html) => {
    expect(readCommand(html)).toEqual({ kind: 'unclear' });
  });

  it.each(['<', '<at', '<at>', '&#', '& ', '-', 'approve ', '\u00a0'])(
    'takes time in proportion to its length: a million times %j',
    (part) => {
      expect(readCommand(part.repeat(1_000_000))).toEqual({ kind: 'unclear' });
    },
  );
});
