/** Commands that people copy into a shell: each word arrives as it was, in a real one. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { toCommand } from '../../shared/pages/connect-guides.ts';
import { proves } from '../requirements.ts';

const WORDS = [
  'plain',
  'https://gateway.example/mcp/crm',
  '',
  "it's",
  'a b\tc\nd',
  '$(id) `id` $HOME $$',
  '"; rm -rf / #',
  '~/* ? [a] {a,b} !! & | < > \\',
  '--flag=ü',
];

it.skipIf(process.platform === 'win32')(
  proves('connect.snippets', 'arrive word by word, whatever stands in them'),
  () => {
    const printed = execFileSync('/bin/sh', ['-c', toCommand(['printf', '%s\\0', ...WORDS])], { encoding: 'utf8' });
    expect(printed.split('\0').slice(0, -1)).toEqual(WORDS);
  },
);
