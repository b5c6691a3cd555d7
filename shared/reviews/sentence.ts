/**
 * Was data exposed? One sentence, from what the records establish and never more (DESIGN §1): it says that none was found
 * only where every record of the period was read, holds, is under a seal, and says so. Anything that nobody could look at, that nobody
 * knows, or that does not verify, is said in its place.
 */
import type { Exposure } from '../masking/masker.ts';
import type { Answer, Proof, ReviewReport } from './report.ts';

export interface Exposed {
  /** For people; never an id alone where the records know a name. */
  readonly who: string;
  readonly exposure: readonly Exposure[];
}

export interface ExposureFacts {
  readonly totals: Pick<
    ReviewReport['totals'],
    'calls' | 'ran' | 'refused' | 'held' | 'unknown' | 'unfinished' | 'withheld' | 'strays'
  >;
  /** Of what was delivered to callers. */
  readonly callers: readonly Exposed[];
  /** Of what approvers and auditors were shown. */
  readonly viewers: readonly Exposed[];
  readonly strays: readonly Exposure[];
  readonly proof: Proof;
}

type Outcome = Exposure['outcome'];

export function answerExposure(facts: ExposureFacts): Answer {
  const doubts = doubtsOf(facts);
  const revealed = revealedWords(facts);
  if (revealed !== undefined) {
    const more = doubts.length === 0 ? '' : ` Beyond that it can’t be told: ${list(doubts)}.`;
    return { kind: 'yes', sentence: `Yes: ${revealed}.${more}` };
  }
  if (doubts.length > 0) {
    return { kind: 'cannot-tell', sentence: `It can’t be told whether data was exposed: ${list(doubts)}.` };
  }
  const { totals, callers } = facts;
  const masked = sum(callers, 'masked');
  const sealed = sealWords(facts.proof);
  if (totals.calls === 0) return { kind: 'no', sentence: `No exposure was found: there were no calls, ${sealed}.` };
  const found =
    masked === 0
      ? `nothing sensitive was found in ${count(totals.ran, 'call')} that ran`
      : `in ${count(totals.ran, 'call')} that ran ${count(masked, 'value')} ${masked === 1 ? 'was' : 'were'} masked and none of a class that is looked for left in clear`;
  const rest = [
    totals.refused > 0 ? `${count(totals.refused, 'call')} ${totals.refused === 1 ? 'was' : 'were'} refused` : '',
    totals.withheld > 0 ? `${count(totals.withheld, 'answer')} ${totals.withheld === 1 ? 'was' : 'were'} withheld` : '',
  ].filter((words) => words !== '');
  return { kind: 'no', sentence: `No exposure was found: ${list([found, ...rest])}, ${sealed}.` };
}

/** What keeps anybody from saying no, in words; empty where nothing does. */
export function doubtsOf({ totals, callers, viewers, strays, proof }: ExposureFacts): readonly string[] {
  const uninspected = sum(callers, 'uninspected') + sum(viewers, 'uninspected') + outcomes(strays, 'uninspected');
  const stray = totals.strays;
  return [
    ...(uninspected > 0
      ? [`${count(uninspected, 'part')} that nobody could inspect ${was(uninspected)} delivered`]
      : []),
    ...(totals.unknown > 0 ? [`what became of ${count(totals.unknown, 'call')} is not known`] : []),
    ...(totals.unfinished > 0 ? [`${count(totals.unfinished, 'call')} had not ended`] : []),
    ...(stray > 0
      ? [`${count(stray, 'outcome')} ${stray === 1 ? 'belongs' : 'belong'} to calls that were not found`]
      : []),
    ...proofDoubts(proof),
  ];
}

function proofDoubts(proof: Proof): readonly string[] {
  const { tampered, unreadable, expired, newer, seals, seal } = proof;
  return [
    ...(tampered > 0 ? [`${count(tampered, 'segment')} of the transcript ${was(tampered)} tampered with`] : []),
    ...(seals === 'tampered' ? ['the chain of seals does not verify'] : []),
    ...(unreadable > 0 ? [`${count(unreadable, 'segment')} could not be read`] : []),
    ...(expired > 0 ? [`${count(expired, 'segment')} ${was(expired)} removed when retention ended`] : []),
    ...(seals === 'none' || seal === undefined ? ['no seal stands over these records yet'] : []),
    ...(newer > 0 && seal !== undefined
      ? [`${count(newer, 'record')} ${newer === 1 ? 'is' : 'are'} newer than seal ${seal.number} and not proven yet`]
      : []),
  ];
}

function revealedWords({ callers, viewers, strays }: ExposureFacts): string | undefined {
  const parts = [
    ...callers.flatMap((one) => given(one, 'went in clear to')),
    ...viewers.flatMap((one) => given(one, 'stood in clear before')),
    ...given({ who: 'a caller whose call was not found', exposure: strays }, 'went in clear to'),
  ];
  if (parts.length === 0) return undefined;
  const shown = parts.slice(0, MOST_NAMED);
  const further = parts.length - shown.length;
  return list(further === 0 ? shown : [...shown, `as much to ${further} more, named below`]);
}

/** More names make no sentence. */
const MOST_NAMED = 5;

function given({ who, exposure }: Exposed, verb: string): readonly string[] {
  const found = exposure.filter(({ outcome, count: n }) => outcome === 'revealed' && n > 0);
  if (found.length === 0) return [];
  const values = list(found.map(({ class: name, count: n }) => `${n} ${name}`));
  const total = found.reduce((all, { count: n }) => all + n, 0);
  return [`${values} ${total === 1 ? 'value' : 'values'} ${verb} ${who}`];
}

export function sealWords({ seal }: Proof): string {
  return seal === undefined ? 'under no seal' : `verified to seal ${seal.number} of ${moment(seal.time)}`;
}

/** `22 November 2026, 21:30 UTC` */
function moment(time: string): string {
  return `${FORMAT.format(new Date(time)).replace(' at ', ', ')} UTC`;
}

const FORMAT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

export function sum(exposed: readonly Exposed[], outcome: Outcome): number {
  return exposed.reduce((all, { exposure }) => all + outcomes(exposure, outcome), 0);
}

function outcomes(exposure: readonly Exposure[], outcome: Outcome): number {
  return exposure.reduce((all, found) => all + (found.outcome === outcome ? found.count : 0), 0);
}

export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-GB')} ${noun}${number === 1 ? '' : 's'}`;
}

function was(number: number): string {
  return number === 1 ? 'was' : 'were';
}

function list(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
