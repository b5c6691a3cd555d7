/** A review for the terminal: the answer first, then people, held calls, who looked, and what the records do not show. */
import { nameOf } from '../../../shared/reviews/make-report.ts';
import type { ReportPerson, ReviewReport } from '../../../shared/reviews/report.ts';
import { visibleLine } from '../pins/visible-text.ts';

const STANDINGS: Readonly<Record<ReportPerson['standing'], string>> = {
  did: 'used it',
  never: 'could, never did',
  former: 'did, may no longer',
  tried: 'was refused',
  duty: 'oversees',
  'not-known': 'did; rights not known',
};

const MOST_LISTED = 100;

export function formatReview(report: ReviewReport): string {
  const { server, since, until, built, answer, people, furtherPeople, held, views, blocks, exposure, notShown, proof } =
    report;
  const seal =
    proof.seal === undefined
      ? 'no seal'
      : `seals ${proof.from ?? 1} to ${proof.seal.number}, the last of ${proof.seal.time}`;
  return [
    visibleLine(answer.sentence),
    '',
    `access review of ${server}, ${since} to ${until}, built ${built}`,
    `proof: ${seal}; ${proof.segments} segments, ${proof.lines} records`,
    ...section(
      'found, by class',
      exposure.map(({ class: name, outcome, count }) => `${visibleLine(name)}: ${count} ${outcome}`),
    ),
    ...section('people and apps', [
      ...people.slice(0, MOST_LISTED).map(formatPerson),
      ...more(people.length - MOST_LISTED + furtherPeople),
    ]),
    ...section('held calls', held.slice(0, MOST_LISTED).map(formatHeld)),
    ...section(
      'who looked',
      views
        .slice(0, MOST_LISTED)
        .map(
          ({ by, what, count, last }) =>
            `${visibleLine(nameOf(by))}: ${what} ${count === 1 ? 'once' : `${count} times`}, last ${last}`,
        ),
    ),
    ...section(
      'blocked',
      blocks.map(
        ({ principal, everywhere, reason }) =>
          `${principal} ${everywhere ? 'everywhere' : 'here'}: ${visibleLine(reason)}`,
      ),
    ),
    ...section(
      'does not verify',
      proof.faults.map(({ where, code, detail }) => `${visibleLine(where)}: ${visibleLine(detail)} (${code})`),
    ),
    ...section('what the records do not show', notShown.map(visibleLine)),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
}

function more(count: number): readonly string[] {
  return count > 0 ? [`and ${count} more: --json, or sallyport export`] : [];
}

function formatPerson({ principal, standing, could, duties, isBlocked, did }: ReportPerson): string {
  const calls = (did?.tools ?? []).map(({ tool, calls: count }) => `${tool} ${count}`).join(', ');
  const found = (did?.exposure ?? [])
    .map(({ class: name, outcome, count }) => `${name} ${count} ${outcome}`)
    .join(', ');
  const words = [
    `${nameOf(principal)} (${principal.kind === 'app' ? 'app, ' : ''}${STANDINGS[standing]}${principal.guest ? ', guest' : ''}${isBlocked ? ', blocked' : ''})`,
    ...(calls === '' ? [] : [`called ${calls}`]),
    ...(found === '' ? [] : [`got ${found}`]),
    ...(could.length === 0 ? [] : [`could ${could.join(', ')}`]),
    ...(duties.length === 0 ? [] : [`may ${duties.join(', ')}`]),
  ];
  return visibleLine(words.join('; '));
}

function formatHeld({ tool, requester, at, decisions, ended }: ReviewReport['held'][number]): string {
  const who = requester === undefined ? 'somebody' : nameOf(requester);
  const decided = decisions.map(
    ({ by, verdict, reason }) => `${verdict} by ${nameOf(by)}${reason === '' ? '' : `: ${reason}`}`,
  );
  return visibleLine([`${tool} for ${who}, ${at}`, ...decided, ...(ended ? [ended.event] : [])].join('; '));
}
