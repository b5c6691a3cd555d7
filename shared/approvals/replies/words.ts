/**
 * What the gateway answers in the channel: short, for everybody there to read, so it names neither tool nor argument.
 * Teams reads Markdown and HTML in it: what is not a constant of ours is written as entities.
 */
import type { Verdict } from '../approval.ts';

const HELP = 'approve CODE and, if you like, why; or deny CODE and why. The code stands on the card.';

export interface Words {
  help(): string;
  unclear(): string;
  taken(verdict: Verdict, code: string, isRepeat: boolean): string;
  notFound(code: string): string;
  ambiguous(code: string): string;
  refused(code: string, text: string): string;
  replayed(): string;
  stale(): string;
  stranger(): string;
  groupsUnknown(): string;
  nothingDecided(): string;
  notSure(): string;
}

/** `publicUrl`: origin of the pages, without a trailing slash. */
export function createWords(publicUrl: string): Words {
  const page = `${publicUrl}/ui/approvals`;
  return {
    help: () => `Write to me here: ${HELP} Everything is on the page too: ${page}`,
    unclear: () => `I did not understand that, and nothing was decided. ${HELP}`,
    taken: (verdict, code, isRepeat) => `${isRepeat ? 'You had said so before' : 'Taken'}: ${SAID[verdict]} ${code}.`,
    notFound: (code) => `Nothing waits for you under ${code}. What does is on the page: ${page}`,
    ambiguous: (code) => `More than one request has the code ${code}: please decide on the page: ${page}`,
    refused: (code, text) => `${code}: ${escapeText(text)}`,
    replayed: () => 'This message was taken before. To say something else, please write a new one.',
    stale: () => 'This message is too old, or its clock is wrong. Nothing was decided: please write a new one.',
    stranger: () => 'I take answers only from people of my own organization. Nothing was decided.',
    groupsUnknown: () => `I cannot find out now which groups you are in, so nothing was decided. Please try again.`,
    nothingDecided: () =>
      `Something that I need is not working, so nothing was decided. Please try again, or use ${page}`,
    notSure: () => `I am not sure that this was taken: please look at the page: ${page}`,
  };
}

const SAID: Readonly<Record<Verdict, string>> = { approve: 'you approve', deny: 'you deny' };

/**
 * Letters, digits, spaces and a few signs that mean nothing in Markdown or HTML; everything else by its number. A full
 * stop or colon within a word would make an address of it.
 */
export function escapeText(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N} ,;?’.:]|[.:](?! |$)/gu, (character) => `&#${character.codePointAt(0)};`);
}
