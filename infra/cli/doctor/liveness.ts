/**
 * Whether the gateway answers at all, and whether its clock and this machine's agree: tokens, seals and expiries are
 * judged by clocks. HTTP's `Date` is in whole seconds, so a second more or less says nothing.
 */
import { z } from 'zod';
import { askPage, type Fetch } from './ask-page.ts';
import { broken, type Check, doubt, type Finding, well } from './check.ts';
import { explainTrouble } from './explain-trouble.ts';

/** The default of `identity.clockSkewSeconds`: beyond it, fresh tokens are refused. */
const SKEW_MS = 60_000;
/** Nobody's clock is off by so much that keeps time from the network. */
const DOUBT_MS = 5_000;

const aliveSchema = z.object({ status: z.literal('ok') });

export interface LivenessOptions {
  readonly gateway: string;
  readonly fetch: Fetch;
  readonly nowMs: () => number;
}

export function createLivenessCheck({ gateway, fetch, nowMs }: LivenessOptions): Check {
  return {
    name: 'gateway',
    async look(signal) {
      const startedMs = nowMs();
      let page: Awaited<ReturnType<typeof askPage>>;
      try {
        page = await askPage(fetch, `${gateway}/health`, signal);
      } catch (error) {
        const advice = 'See that the address is right, that the app runs, and that this machine may reach it';
        return [broken('gateway', `${gateway}/health got no answer: ${explainTrouble(error)}`, advice)];
      }
      const clock = judgeClock(page.headers.get('date'), startedMs, nowMs());
      if (page.status === 200 && aliveSchema.safeParse(page.json).success) {
        return [well('gateway', `${gateway} answers`), clock];
      }
      const advice = 'Look into its log: an app whose settings or configuration have a mistake does not start';
      return [broken('gateway', `${gateway}/health answered ${page.status}, and not as a gateway does`, advice), clock];
    },
  };
}

function judgeClock(date: string | null, startedMs: number, endedMs: number): Finding {
  const theirsMs = Date.parse(date ?? '');
  if (Number.isNaN(theirsMs)) return doubt('clock', 'the gateway’s answer bears no date', 'Compare the clocks by hand');
  const offMs = theirsMs + 1_000 <= startedMs ? theirsMs + 1_000 - startedMs : Math.max(0, theirsMs - endedMs);
  const seconds = Math.ceil(Math.abs(offMs) / 1_000);
  if (seconds * 1_000 <= DOUBT_MS) return well('clock', 'the gateway’s and this machine’s agree');
  const detail = `the gateway’s is ${seconds} s ${offMs < 0 ? 'behind' : 'ahead of'} this machine’s`;
  if (seconds * 1_000 <= SKEW_MS) return doubt('clock', detail, 'Let this machine take its time from the network');
  return broken('clock', detail, 'Let this machine take its time from the network: tokens are refused over it');
}
