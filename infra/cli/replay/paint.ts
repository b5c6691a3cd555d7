/** Colours for a terminal, where one looks; none in a file or a pipe, or where NO_COLOR asks for none. */
import { styleText } from 'node:util';

export type Tone = 'bold' | 'quiet' | 'good' | 'warn' | 'bad';
export type Paint = (tone: Tone, text: string) => string;

const FORMATS = { bold: 'bold', quiet: 'dim', good: 'green', warn: 'yellow', bad: 'red' } as const;

export function createPaint(isTerminal: boolean): Paint {
  const isPlain = !isTerminal || (process.env.NO_COLOR ?? '') !== '';
  return (tone, text) => (isPlain ? text : styleText(FORMATS[tone], text, { validateStream: false }));
}
