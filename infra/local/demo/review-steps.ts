/**
 * Carol's part: who touched the server, why, and was any data exposed? Her answers come from verified records alone, so
 * she waits for a seal over what has just happened.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { callAs } from './agent.ts';
import { type Printed, sallyport } from './command.ts';
import type { Scene, Step } from './step.ts';

/** The local stack seals every 20 seconds. */
const SEAL_TRIES = 40;
const SEAL_PAUSE_MS = 2_000;

const answerSchema = z.looseObject({ answer: z.looseObject({ sentence: z.string() }) });

/** `since`: ISO 8601, when the story began: what happened before it is another's. */
export function reviewSteps(scene: Scene, since: string): Step[] {
  const { stack } = scene;
  const asCarol = (...args: readonly string[]) => sallyport(scene, ...args, '--user', 'carol');
  const review = (...more: readonly string[]) => asCarol('review', '--server', 'crm', '--since', since, ...more);
  const ask = (principal: string, name: string) =>
    asCarol('review', 'ask', '--server', 'crm', '--principal', principal, '--class', name, '--since', since);

  return [
    {
      told: 'bob (finance) may see email addresses, by a policy that says so: they stand in clear for him, the rest is masked.',
      async play() {
        const { text } = await callAs(stack, 'bob', 'search_customers', { query: 'a', limit: 1 });
        const isAsTold =
          /@example\.(?:com|org|net)/.test(text) &&
          ['card', 'us-ssn'].every((name) => text.includes(`[masked:${name}]`));
        return { isAsTold, shown: text };
      },
    },
    {
      told: 'carol (auditor) asks whether data was exposed, once a seal covers the records: to bob, and to nobody else.',
      async play() {
        const sentence = await waitForProof(() => review('--json'));
        const { output } = await review();
        const isAsTold =
          /^Yes: \d+ email values? went in clear to bob\b/.test(sentence) && !sentence.includes('can’t be told');
        return { isAsTold, shown: output };
      },
    },
    {
      told: 'Did alice see a card number? No.',
      async play() {
        const { code, output } = await ask('alice', 'card');
        return { isAsTold: code === 0 && output.startsWith('no'), shown: output };
      },
    },
    {
      told: 'Did bob see email addresses? Yes, and in which calls.',
      async play() {
        const { code, output } = await ask('bob', 'email');
        return { isAsTold: code === 1 && output.startsWith('yes'), shown: output };
      },
    },
    {
      told: 'She looks a session up and reads how it went; that she looked is on record too.',
      async play() {
        const { code, output } = await asCarol('replay', '--server', 'crm', '--person', 'bob', '--since', since);
        return { isAsTold: code === 0 && output.includes('bob'), shown: output };
      },
    },
    {
      told: 'alice may not ask any of this: for her there is no review.',
      async play() {
        const flags = ['review', '--server', 'crm', '--since', since, '--user', 'alice'];
        const { code, output } = await sallyport(scene, ...flags);
        return { isAsTold: code === 1 && !output.includes('bob'), shown: output };
      },
    },
    {
      told: 'Keep or revoke, and the sign-off, are carol’s at a page; the export is for her files.',
      async play() {
        const { code, output } = await asCarol('export', '--server', 'crm', '--since', since, '--format', 'csv');
        const [head = '', ...rows] = output.split('\n');
        return {
          isAsTold: code === 0 && rows.length > 0,
          shown: `${stack.gateway}/ui/reviews/crm\n${head}\n… ${rows.length} rows`,
        };
      },
    },
  ];
}

/** What the review says in a sentence, once it is no longer that records wait for their seal. */
async function waitForProof(review: () => Promise<Printed>): Promise<string> {
  let last = '';
  for (let tries = 0; tries < SEAL_TRIES; tries += 1) {
    const { output } = await review();
    const parsed = z.preprocess(readJson, answerSchema).safeParse(output);
    last = parsed.success ? parsed.data.answer.sentence : output;
    if (parsed.success && !/can’t be told/.test(last)) return last;
    await pause(SEAL_PAUSE_MS);
  }
  return last;
}

function readJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
