/**
 * Adds up a period, item by item: who did what, what was delivered to whom, what was held and who decided, who looked.
 * Memory grows with people, tools and held calls, not with calls; each list has a bound, and says what is beyond it.
 */
import type { Principal } from '../identity/caller.ts';
import type { Exposure } from '../masking/masker.ts';
import type { ApprovalItem, CallItem, StoryItem, ViewItem } from '../sessions/story.ts';
import { sumExposure } from '../sessions/sum-exposure.ts';
import { type Deeds, type HeldCall, personKey, type ReviewReport, type Views } from './report.ts';
import { createPersonTally, iso, order, type PersonTally, toolOf } from './tally-person.ts';

export interface PeriodTally {
  readonly totals: ReviewReport['totals'];
  readonly exposure: readonly Exposure[];
  /** Exposure that no call was found for. */
  readonly strayExposure: readonly Exposure[];
  /** Who called or was handed something, by `personKey`. */
  readonly people: ReadonlyMap<string, { readonly principal: Principal; readonly did: Deeds }>;
  readonly held: readonly HeldCall[];
  readonly furtherHeld: number;
  readonly views: readonly Views[];
}

const MOST_HELD = 500;
const MOST_DECISIONS = 50;

interface HeldTally {
  readonly approval: string;
  firstMs: number;
  held?: ApprovalItem | undefined;
  readonly decided: ApprovalItem[];
  ended?: ApprovalItem | undefined;
  deliveries: number;
}

const ENDINGS: ReadonlySet<ApprovalItem['event']> = new Set([
  'approved',
  'denied',
  'expired',
  'cancelled',
  'failed',
  'unknown',
  'resolved',
]);

export function createPeriodTally() {
  const people = new Map<string, PersonTally>();
  const held = new Map<string, HeldTally>();
  const views = new Map<string, ViewTally>();
  const totals = {
    calls: 0,
    ran: 0,
    refused: 0,
    held: 0,
    unknown: 0,
    unfinished: 0,
    withheld: 0,
    deliveries: 0,
    strays: 0,
  };
  let exposure: readonly Exposure[] = [];
  let strayExposure: readonly Exposure[] = [];
  const beyond = new Set<string>();

  function personOf(principal: Principal): PersonTally {
    const key = personKey(principal);
    const known = people.get(key) ?? createPersonTally(principal);
    people.set(key, known);
    return known;
  }

  function heldOf(approval: string, timeMs: number): HeldTally | undefined {
    const known = held.get(approval);
    if (known !== undefined) return known;
    if (held.size >= MOST_HELD) {
      if (beyond.size < 100 * MOST_HELD) beyond.add(approval);
      return undefined;
    }
    const fresh: HeldTally = { approval, firstMs: timeMs, decided: [], deliveries: 0 };
    held.set(approval, fresh);
    return fresh;
  }

  function addCall(item: CallItem): void {
    totals.calls += 1;
    const { status } = item;
    if (status === 'refused' || status === 'held' || status === 'unknown' || status === 'unfinished')
      totals[status] += 1;
    else totals.ran += 1;
    if (status === 'withheld') totals.withheld += 1;
    exposure = sumExposure(exposure, item.exposure);
    personOf(item.call.principal).addCall(item);
  }

  function addApproval(item: ApprovalItem): void {
    const tally = heldOf(item.approval, item.timeMs);
    if (tally === undefined) return;
    tally.firstMs = Math.min(tally.firstMs, item.timeMs);
    if (item.event === 'held') tally.held = item;
    else if (item.event === 'decided' && tally.decided.length < MOST_DECISIONS) tally.decided.push(item);
    else if (ENDINGS.has(item.event) && (tally.ended === undefined || tally.ended.timeMs <= item.timeMs)) {
      tally.ended = item;
    }
  }

  function addView(item: ViewItem): void {
    const key = `${personKey(item.by.principal)}\n${item.what}`;
    const known = views.get(key) ?? createViewTally(item);
    views.set(key, known);
    known.add(item);
  }

  return {
    take(item: StoryItem): void {
      switch (item.kind) {
        case 'call':
          addCall(item);
          return;
        case 'delivery': {
          totals.deliveries += 1;
          exposure = sumExposure(exposure, item.exposure);
          personOf(item.call.principal).addDelivery(item);
          const tally = heldOf(item.approval, item.timeMs);
          if (tally !== undefined) tally.deliveries += 1;
          return;
        }
        case 'approval':
          addApproval(item);
          return;
        case 'view':
          addView(item);
          return;
        case 'stray':
          totals.strays += 1;
          strayExposure = sumExposure(strayExposure, item.exposure);
          return;
        case 'turned-away':
        case 'administration':
        case 'recovery':
          return;
      }
    },
    result(): PeriodTally {
      return {
        totals,
        exposure,
        strayExposure,
        people: new Map(
          [...people].flatMap(([key, tally]) => {
            const did = tally.result();
            return did === undefined ? [] : [[key, { principal: tally.principal, did }] as const];
          }),
        ),
        held: [...held.values()].sort((left, right) => left.firstMs - right.firstMs).map(describeHeld),
        furtherHeld: beyond.size,
        views: [...views.values()].map((view) => view.result()).sort((left, right) => order(left.first, right.first)),
      };
    },
  };
}

function describeHeld({ approval, firstMs, held, decided, ended, deliveries }: HeldTally): HeldCall {
  const call = (held ?? decided[0] ?? ended)?.call;
  return {
    approval,
    tool: call === undefined ? '' : toolOf(call.method, call.target),
    ...(call && { requester: call.principal }),
    at: iso(firstMs),
    ...(held?.reason !== undefined && { justification: held.reason }),
    decisions: decided
      .sort((left, right) => left.timeMs - right.timeMs)
      .flatMap(({ by, verdict, reason = '', timeMs }) => {
        if (by === undefined || verdict === undefined) return [];
        const { principal, channel } = by;
        return [{ by: principal, verdict, reason, ...(channel !== undefined && { channel }), at: iso(timeMs) }];
      }),
    ...(ended && { ended: { event: ended.event, at: iso(ended.timeMs) } }),
    deliveries,
  };
}

interface ViewTally {
  add(item: ViewItem): void;
  result(): Views;
}

function createViewTally({ by, what }: ViewItem): ViewTally {
  let count = 0;
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  let exposure: readonly Exposure[] = [];
  return {
    add(item) {
      count += 1;
      firstMs = Math.min(firstMs, item.timeMs);
      lastMs = Math.max(lastMs, item.timeMs);
      exposure = sumExposure(exposure, item.exposure);
    },
    result: () => ({
      by: by.principal,
      what,
      count,
      first: iso(firstMs),
      last: iso(lastMs),
      exposure: [...exposure],
    }),
  };
}
