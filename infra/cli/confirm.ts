/**
 * Asks a person at a terminal to type a word before something is done that can't be taken back. Where nobody sits at
 * one (a script, a pipe) it asks nothing: there the flags said it all.
 */
import { createInterface } from 'node:readline';

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** The question goes to standard error, so that output stays clean. */
const OWN: Terminal = { input: process.stdin, output: process.stderr };

/** Whether to go on; no, where the input ends. */
export async function confirm(question: string, word: string, { input, output } = OWN): Promise<boolean> {
  if (!input.isTTY || !output.isTTY) return true;
  const terminal = createInterface({ input, output });
  try {
    output.write(`${question} Type ${word} to go on: `);
    for await (const line of terminal) return line.trim().toUpperCase() === word.toUpperCase();
    return false;
  } finally {
    terminal.close();
  }
}
