/**
 * `npm run demo`: plays the story against a running gateway, step by step, through the official MCP client, and checks
 * at each step that it is as told. Exit code 1 if one is not, 2 if there is nothing to play against.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { accessSteps } from './demo/access-steps.ts';
import { channelSteps } from './demo/channel-steps.ts';
import { refundSteps } from './demo/refund-steps.ts';
import { reviewSteps } from './demo/review-steps.ts';
import type { Scene, Step } from './demo/step.ts';
import { transcriptSteps } from './demo/transcript-steps.ts';
import { workSteps } from './demo/work-steps.ts';
import { findStack } from './find-stack.ts';

const appDir = join(import.meta.dirname, '../..');

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { port: { type: 'string' }, data: { type: 'string' } } });
  const found = await findStack({ ...values, appDir });
  if (!found.ok) {
    console.error(found.error);
    return 2;
  }
  const { stack, dataDir } = found.value;
  console.log(`A story at ${stack.gateway}`);
  let untold = 0;
  for (const [title, steps] of story({ stack, dataDir, appDir })) {
    console.log(`\n${title}\n`);
    for (const step of steps) if (!(await isAsTold(step))) untold += 1;
  }
  console.log(untold === 0 ? '\nEverything as told.' : `\n${untold} not as told.`);
  return untold === 0 ? 0 : 1;
}

function story(scene: Scene): [title: string, steps: Step[]][] {
  const since = `${new Date().toISOString().slice(0, 19)}Z`;
  return [
    ['Who gets in', accessSteps(scene)],
    ['What just runs, and what never does', workSteps(scene)],
    ['A call that waits for a person', refundSteps(scene)],
    ['Answers from the Teams channel', channelSteps(scene)],
    ['What is on record', transcriptSteps(scene)],
    ['Who touched this server, why, and was any data exposed?', reviewSteps(scene, since)],
  ];
}

async function isAsTold({ told, play }: Step): Promise<boolean> {
  const finding = await play().catch((error: unknown) => ({ isAsTold: false, shown: String(error) }));
  console.log(`${finding.isAsTold ? '✓' : '✗'} ${told}`);
  for (const line of finding.shown.split('\n')) console.log(`    ${line}`);
  return finding.isAsTold;
}

process.exit(await main());
