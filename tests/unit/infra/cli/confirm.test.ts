/** Asking a person before a decision: only the word goes on, and only where there is a person. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirm } from '../../../../infra/cli/confirm.ts';

function createTerminal(typed: string, isTTY = true) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  input.end(typed);
  return { input, output };
}

describe('confirm', () => {
  it.each([
    ['the word', 'K7Q2M9\n', true],
    ['the word in small letters', ' k7q2m9 \n', true],
    ['another word', 'yes\n', false],
    ['nothing', '\n', false],
    ['the end of input', '', false],
    ['the word too late', 'no\nK7Q2M9\n', false],
  ])('on %s', async (_name, typed, expected) => {
    const terminal = createTerminal(typed);
    expect(await confirm('approve crm/refund_payment?', 'K7Q2M9', terminal)).toBe(expected);
    expect(String(terminal.output.read())).toContain('approve crm/refund_payment? Type K7Q2M9 to go on: ');
  });

  it('asks nothing where nobody sits at a terminal', async () => {
    const terminal = createTerminal('', false);
    expect(await confirm('approve?', 'K7Q2M9', terminal)).toBe(true);
    expect(terminal.output.read()).toBeNull();
  });
});
