/** Decision time of the sample's policies, in process: parse once, decide many times. */
import { join } from 'node:path';
import { loadConfig } from '../../shared/config/load-config.ts';
import { createPolicyEngine } from '../../shared/policy/create-engine.ts';
import type { Asker } from '../../shared/policy/engine.ts';

export interface DecisionFigures {
  readonly loadMs: number;
  readonly allowUs: number;
  readonly holdUs: number;
  readonly listUs: number;
}

const ROUNDS = 2_000;

export async function measureDecisions(appDir: string): Promise<DecisionFigures> {
  const config = await loadConfig({ folder: join(appDir, 'infra/config'), variables: () => 'http://127.0.0.1:1/mcp' });
  if (!config.ok) throw new Error('the sample configuration does not load');
  const startedMs = performance.now();
  const engine = createPolicyEngine(config.value);
  const loadMs = Math.round(performance.now() - startedMs);
  if (!engine.ok) throw new Error('the sample policies do not load');
  const asker: Asker = {
    principal: { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b1', guest: false },
    agent: { id: '5a11e000-0000-4000-8000-0000000000c1' },
    groups: ['support'],
    request: { timeMs: Date.now(), address: '192.0.2.1', era: 'modern' },
  };
  const refund = (amount: number) => ({
    server: 'crm',
    tool: 'refund_payment',
    arguments: { payment_id: 'P-50001', amount },
  });
  return {
    loadMs,
    allowUs: microseconds(() => engine.value.decideCall(asker, refund(20))),
    holdUs: microseconds(() => engine.value.decideCall(asker, refund(600))),
    listUs: microseconds(() => engine.value.mayList(asker, 'crm', 'search_customers')),
  };
}

function microseconds(work: () => unknown): number {
  for (let round = 0; round < ROUNDS / 10; round += 1) work();
  const startedMs = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) work();
  return Math.round(((performance.now() - startedMs) / ROUNDS) * 1_000);
}
