/**
 * The sealer (DESIGN §6): at each run it finds what changed, verifies it, hands it to whoever indexes it, and adds what
 * holds to the chain of seals; then what writers that ended left behind, and the manifests of days that are over.
 * It may be killed between any two steps, and two may run at once: what stands in storage decides, and the next goes on.
 */
import type { KeyObject } from 'node:crypto';
import type { Log } from '../../log.ts';
import type { Clock } from '../attempt.ts';
import { mapInOrder } from '../in-order.ts';
import { dayOf } from '../layout.ts';
import { boundSealer, type SealerPorts } from './bound-ports.ts';
import { checkChange } from './check-change.ts';
import { isSettled, type RetentionDays, type SealedSegment } from './document.ts';
import { type Change, type Findings, findChanges } from './find-changes.ts';
import { followChain } from './follow-chain.ts';
import { makeManifests } from './make-manifests.ts';
import { describeLeft, isLeft } from './recover-segment.ts';
import { createSealState, openedOn } from './seal-state.ts';
import { type WritePorts, writeSeal } from './write-seal.ts';

export interface SealerOptions extends Clock, SealerPorts {
  /** Days of each retention class. */
  readonly retention: RetentionDays;
  /** After which a writer closes its segment, milliseconds. */
  readonly idleMs: number;
  readonly log: Log;
  /** A run begins nothing new after so long, milliseconds; default four minutes. */
  readonly budgetMs?: number;
}

export interface SealRun {
  /** Number of the last seal; 0 where none stands yet. */
  readonly last: number;
  readonly seals: number;
  readonly segments: number;
  readonly bad: number;
  readonly recovered: number;
  readonly manifests: number;
  /** Changed, and not in a seal yet: unreadable, or out of time. */
  readonly left: number;
}

export interface Sealer {
  /** One run at a time in a process: a second call waits for the first. Rejects when storage, vault or chain can't be read or written. */
  run(): Promise<SealRun>;
}

/** A seal stays small enough to be written and read in one request. */
const MOST_ENTRIES = 1_000;
const CHECKS_AT_ONCE = 8;
/** In one run: whoever can write a thousand bad blobs fills no transcript with them. All are named in the seal. */
const MOST_FLAGGED = 50;
const DEFAULT_BUDGET_MS = 4 * 60_000;
/** Without a seal for longer, somebody who looks can't tell rest from a sealer that is down, or from seals cut off. */
const HEARTBEAT_MS = 60 * 60_000;

export function createSealer(options: SealerOptions): Sealer {
  const { log, nowMs, monotonicMs, idleMs, budgetMs = DEFAULT_BUDGET_MS } = options;
  const bounded = boundSealer(options, options);
  const ports: WritePorts = {
    ...bounded,
    retention: options.retention,
    nowMs,
    onForeign: (number, detail) => log('error', 'seal-foreign', { number, detail }),
    onForeignManifest: (day, detail) => log('error', 'manifest-foreign', { day, detail }),
  };
  const writerKeys = new Map<string, KeyObject>();
  let state = createSealState();
  let running: Promise<unknown> = Promise.resolve();

  const run = async (): Promise<SealRun> => {
    const untilMs = monotonicMs() + budgetMs;
    await followChain(ports, state);
    const found = await findChanges(ports.reader, state, nowMs());
    const openFrom = state.openFrom ?? found.firstDay ?? today(nowMs());
    const counts = { seals: 0, segments: 0, bad: 0, recovered: 0, manifests: 0, left: 0 };
    const unread = new Set<string>();

    const seal = async (entries: readonly SealedSegment[], left: number): Promise<void> => {
      const content = { entries, openFrom: state.openFrom ?? openFrom, manifests: [], left };
      if ((await writeSeal(ports, state, content)) === 'overtaken') return;
      counts.seals += 1;
      counts.segments += entries.length;
    };

    let batch: SealedSegment[] = carriedOver(found.resting, today(nowMs()));
    let waiting = found.changed.length;
    for await (const [change, entry] of mapInOrder(found.changed, CHECKS_AT_ONCE, (one) => check(one, untilMs))) {
      waiting -= 1;
      if (entry) batch.push(entry);
      else {
        counts.left += 1;
        unread.add(openedOn(change.segment));
        batch.push(...carriedOver([change], today(nowMs())));
      }
      if (entry?.state === 'bad') {
        counts.bad += 1;
        if (counts.bad <= MOST_FLAGGED) await flag(entry);
      }
      if (batch.length >= MOST_ENTRIES) {
        await seal(batch, counts.left + waiting);
        batch = [];
      }
    }
    for await (const entry of recovered(found, untilMs)) {
      counts.recovered += 1;
      batch.push(entry);
    }
    const isQuiet = nowMs() - state.last.timeMs < HEARTBEAT_MS;
    if (batch.length > 0 || !isQuiet) await seal(batch, counts.left);

    const made = await makeManifests(ports, state, unread);
    if (made.manifests.length > 0) {
      counts.manifests = made.manifests.length;
      await writeSeal(ports, state, { entries: [], ...made, left: counts.left });
      counts.seals += 1;
    }
    return { last: state.last.number, ...counts };
  };

  const check = async (change: Change, untilMs: number): Promise<[Change, SealedSegment | undefined]> => [
    change,
    monotonicMs() < untilMs ? await checkChange({ ...options, ...bounded, writerKeys }, change) : undefined,
  ];

  /** A person has to look. That it could not be put on record must not keep it out of the seal. */
  const flag = async ({ container, segment, fault = '' }: SealedSegment): Promise<void> => {
    log('error', 'segment-bad', { container, segment, fault });
    const detail = `${container}/${segment}: ${fault}`;
    await bounded
      .record({ kind: 'administration', action: 'transcript-does-not-verify', detail })
      .catch((cause: unknown) => log('error', 'administration-not-recorded', { segment }, cause));
  };

  /** On record first, then in the seal: a sealer that ends in between, or two at once, may record the same twice. */
  async function* recovered(found: Findings, untilMs: number): AsyncGenerator<SealedSegment> {
    const left = found.resting.filter((change) => isLeft(change, idleMs, nowMs()));
    const describe = async (change: Change) =>
      [change, monotonicMs() < untilMs ? await describeLeft(ports, change) : undefined] as const;
    for await (const [{ known }, recovery] of mapInOrder(left, CHECKS_AT_ONCE, describe)) {
      if (!recovery || !known) continue;
      try {
        await bounded.record(recovery);
      } catch (cause) {
        log('warn', 'recovery-not-recorded', { segment: recovery.segment }, cause);
        continue;
      }
      const { sealedDay: _, ...entry } = known;
      yield { ...entry, recovered: true };
    }
  }

  return {
    run() {
      const next = running.then(run).catch((cause: unknown) => {
        // What this process believes of the chain may be wrong: the next run reads it anew.
        state = createSealState();
        throw cause;
      });
      running = next.catch(() => {});
      return next;
    },
  };
}

/** What is open since before today is named once each day, so that nobody has to read further back to know of it. */
function carriedOver(changes: readonly Change[], day: string): SealedSegment[] {
  return changes.flatMap(({ known }) => {
    if (!known || isSettled(known) || known.sealedDay >= day) return [];
    const { sealedDay: _, ...entry } = known;
    return [entry];
  });
}

function today(nowMs: number): string {
  return dayOf(new Date(nowMs).toISOString());
}
