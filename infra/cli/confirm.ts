/**
 * Asks a person at a terminal to type a word before something is done that can't be taken back. Where nobody sits at
 * one (a script, a pipe) it asks nothing: there the flags said it all.
 */
import { createInterface } from 'node:readline';

/** Whether to go on. The question goes to standard error, so that output stays clean. */
export async function confirm(question: string, word: string): Promise<boolean> {
  const { stdin: input, stderr: output } = process;
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
