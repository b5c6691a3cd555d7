/** Puts a review together: what the records say, who could, and who is kept out, into the one value that is frozen. */
import type { Block } from '../identity/blocks/block.ts';
import type { Principal } from '../identity/caller.ts';
import type { Entitlements } from './entitlements.ts';
import type { Period } from './read-period.ts';
import type { Proof, ReportPerson, ReviewReport, Standing } from './report.ts';
import { answerExposure } from './sentence.ts';
import type { PeriodTally } from './tally-period.ts';
import { iso, order } from './tally-person.ts';

export interface ReportParts {
  readonly period: Period;
  readonly builtMs: number;
  readonly tally: PeriodTally;
  readonly proof: Proof;
  readonly entitlements: Entitlements;
  /** Those in force, of everybody; undefined where they can't be read. */
  readonly blocks: readonly Block[] | undefined;
}

/** A review that names more is split by what is under it: groups. */
const MOST_PEOPLE = 10_000;

export function makeReport(parts: ReportParts): ReviewReport {
  const { period, builtMs, tally, proof, entitlements } = parts;
  const blocks = (parts.blocks ?? []).filter(
    ({ kind, server, untilMs }) =>
      kind === 'principal' &&
      (server === undefined || server === period.server) &&
      (untilMs === undefined || untilMs > builtMs),
  );
  const people = listPeople(tally, entitlements, new Set(blocks.map(({ value }) => value)));
  return {
    format: 1,
    server: period.server,
    since: iso(period.sinceMs),
    until: iso(period.untilMs),
    built: iso(builtMs),
    answer: answerExposure({
      totals: tally.totals,
      callers: [...tally.people.values()].map(({ principal, did }) => ({
        who: nameOf(principal),
        exposure: did.exposure,
      })),
      viewers: tally.views.map(({ by, exposure }) => ({ who: nameOf(by), exposure })),
      strays: tally.strayExposure,
      proof,
    }),
    totals: tally.totals,
    exposure: [...tally.exposure],
    entitlements: { isKnown: entitlements.isKnown, note: entitlements.note },
    tools: [...entitlements.tools],
    people: people.slice(0, MOST_PEOPLE),
    furtherPeople: Math.max(0, people.length - MOST_PEOPLE),
    held: [...tally.held],
    furtherHeld: tally.furtherHeld,
    views: [...tally.views],
    blocks: blocks.map(({ value, server, reason, untilMs }) => ({
      principal: value,
      everywhere: server === undefined,
      reason,
      ...(untilMs !== undefined && { until: iso(untilMs) }),
    })),
    proof,
    notShown: listNotShown(parts),
  };
}

const STANDING_ORDER: readonly Standing[] = ['former', 'did', 'not-known', 'tried', 'never', 'duty'];

function listPeople(
  { people: active }: PeriodTally,
  { isKnown, people: entitled }: Entitlements,
  blocked: ReadonlySet<string>,
): readonly ReportPerson[] {
  const keys = new Set([...active.keys(), ...entitled.keys()]);
  const people = [...keys].flatMap((key) => {
    const did = active.get(key);
    const may = entitled.get(key);
    const principal = withName(did?.principal, may?.principal);
    if (principal === undefined) return [];
    const { could = [], duties = [], groups = [] } = may ?? {};
    const standing = standingOf(isKnown, did?.did, could, duties);
    if (standing === undefined) return [];
    const person: ReportPerson = {
      principal,
      standing,
      groups: [...groups],
      could: [...could],
      duties: [...duties],
      isBlocked: blocked.has(principal.id),
      ...(did && { did: did.did }),
    };
    return [person];
  });
  return people.sort(
    (left, right) =>
      STANDING_ORDER.indexOf(left.standing) - STANDING_ORDER.indexOf(right.standing) ||
      (right.did?.calls ?? 0) - (left.did?.calls ?? 0) ||
      order(nameOf(left.principal), nameOf(right.principal)),
  );
}

/** The directory's word on who is a guest is newer than a token's; a name is taken from wherever there is one. */
function withName(seen: Principal | undefined, listed: Principal | undefined): ReportPerson['principal'] | undefined {
  const principal = listed ?? seen;
  if (principal === undefined) return undefined;
  const name = seen?.name ?? listed?.name;
  const guest = principal.guest || (seen?.guest ?? false);
  return { kind: principal.kind, id: principal.id, guest, ...(name !== undefined && { name }) };
}

function standingOf(
  isKnown: boolean,
  did: ReportPerson['did'],
  could: readonly string[],
  duties: readonly string[],
): Standing | undefined {
  const wasServed = did?.tools.some(({ calls, statuses }) => calls > (statuses.refused ?? 0)) ?? false;
  if (!isKnown) return did === undefined ? undefined : 'not-known';
  if (could.length > 0) return did === undefined ? 'never' : 'did';
  if (wasServed || (did !== undefined && did.calls === 0)) return 'former';
  if (duties.length > 0) return 'duty';
  return did === undefined ? undefined : 'tried';
}

/** A name from a token or a directory is whoever's words: what could read as more of a sentence stands in quotes. */
export function nameOf({ id, name }: Pick<Principal, 'id' | 'name'>): string {
  if (name === undefined || name.trim() === '') return id;
  return /^[\p{L}\p{N}@._+-]{1,80}$/u.test(name) ? name : `“${name.slice(0, 80).replace(/[“”]/g, '"')}”`;
}

function listNotShown({ entitlements, proof, blocks, period, builtMs }: ReportParts): string[] {
  return [
    'Requests that were turned away before it was known who sent them stand in the records of the gateway itself.',
    'Whoever reaches the upstream around the gateway leaves no record here; nor does who reads the storage account directly, whose own logs say so.',
    'A value that no detector knows is not counted: classes are those that gateway.yaml names and the built-in ones.',
    'What an agent says that a call is for are its own words; nobody verified them.',
    ...(period.untilMs > builtMs ? ['The period had not ended when this was built.'] : []),
    ...(entitlements.isKnown ? [] : [entitlements.note]),
    ...(blocks === undefined ? ['Who is blocked could not be read.'] : []),
    ...(proof.newer > 0
      ? [
          'Records newer than the last seal are proven by their writer’s signature alone; build again after the next seal.',
        ]
      : []),
  ];
}
