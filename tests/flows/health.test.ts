/** The gateway’s health through the whole built stack: every dependency is the real adapter’s, and one of them fails. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type HealthReport, healthSchema } from '../../shared/api/routes/health-schema.ts';
import { proves } from '../requirements.ts';
import { apiToken } from './support/held-calls.ts';
import { type RunningStack, startBuiltStack } from './support/stack.ts';

let stack: RunningStack;
beforeAll(async () => {
  stack = await startBuiltStack();
});
afterAll(() => stack?.stop());

async function ask(user: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const headers = { authorization: `Bearer ${await apiToken(stack, user)}` };
  const answer = await fetch(`${stack.url}/api/health`, { headers });
  return { status: answer.status, body: await answer.json() };
}

async function healthOf(user: string): Promise<HealthReport> {
  const { status, body } = await ask(user);
  expect(status).toBe(200);
  return healthSchema.parse(body);
}

const failing = ({ dependencies }: HealthReport) =>
  dependencies.filter(({ status }) => status === 'fail').map(({ name }) => name);

describe('GET /api/health', () => {
  it(proves('health.dependencies', 'says that all is well, once the first seal stands'), async () => {
    const report = await vi.waitFor(
      async () => {
        const found = await healthOf('dave');
        expect(found.seal.state).toBe('ok');
        return found;
      },
      { timeout: 50_000, interval: 1_000 },
    );
    expect(failing(report)).toEqual([]);
    expect(report).toMatchObject({ status: 'ok', blocks: { state: 'ok' }, upstreams: [{ server: 'crm' }] });
    expect(report.dependencies.length).toBe(12);
  });

  it(proves('health.dependencies', 'names Graph and the vault while they are down, and forgets it after'), async () => {
    stack.graph.faults.add({ does: 'fail', status: 500, times: 100 });
    stack.keyVault.faults.add({ does: 'fail', status: 403, path: '/keys/', times: 100 });
    const report = await healthOf('dave');
    expect(report.status).toBe('degraded');
    expect(failing(report)).toEqual(['key-vault', 'graph']);
    stack.graph.faults.clear();
    stack.keyVault.faults.clear();
    expect(failing(await healthOf('dave'))).toEqual([]);
  });

  it(proves('health.administer-only', 'is for administrators, and /health tells everybody nothing'), async () => {
    expect(await ask('carol')).toMatchObject({ status: 403, body: { error: { code: 'not-allowed' } } });
    expect((await fetch(`${stack.url}/api/health`)).status).toBe(401);
    const plain = await fetch(`${stack.url}/health`);
    expect(z.unknown().parse(await plain.json())).toEqual({ status: 'ok' });
  });
});
