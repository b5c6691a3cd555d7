/** Who hears how the gateway is, and what they hear. */
import { describe, expect, it } from 'vitest';
import { createApiApp, describeApi } from '../../../shared/api/api-app.ts';
import { healthRoutes } from '../../../shared/api/routes/health.ts';
import { type HealthReport, healthSchema } from '../../../shared/api/routes/health-schema.ts';
import { proves } from '../../requirements.ts';
import { bob, bot } from './api-scene.ts';

const report: HealthReport = {
  status: 'degraded',
  version: '1.2.3',
  checkedAt: '2026-11-22T12:03:00.000Z',
  dependencies: [{ name: 'graph', status: 'fail', ms: 3_000 }],
  seal: { state: 'none' },
  blocks: { state: 'ok', ageSeconds: 2 },
  upstreams: [{ server: 'crm', circuit: 'open' }],
};

function createScene() {
  const asked: unknown[] = [];
  const app = createApiApp(
    [
      healthRoutes({
        async check(asker) {
          asked.push(asker);
          return report;
        },
        mayAdminister: ({ groups }) => groups.includes('administrators'),
      }),
    ],
    () => undefined,
  );
  const ask = (caller: typeof bob, groups: readonly string[]) =>
    app.request('/api/health', {}, { caller, groups, address: '203.0.113.7' });
  return { app, asked, ask };
}

describe('GET /api/health', () => {
  it.each([bob, bot])(
    proves('health.administer-only', 'answers an administrator, person or app, with 200 even when degraded'),
    async (caller) => {
      const { ask, asked } = createScene();
      const answer = await ask(caller, ['administrators']);
      expect(answer.status).toBe(200);
      expect(healthSchema.parse(await answer.json())).toEqual(report);
      expect(asked).toEqual([caller.principal]);
    },
  );

  it(proves('health.administer-only', 'tells nobody else anything, and asks nothing for them'), async () => {
    const { ask, asked } = createScene();
    const answer = await ask(bob, ['finance']);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { code: 'not-allowed' } });
    expect(asked).toEqual([]);
  });

  it('is described', () => {
    const { paths } = describeApi(createScene().app, '1.2.3');
    expect(Object.keys(paths?.['/api/health']?.get?.responses ?? {})).toEqual(['200', '401', '403', '429', '503']);
  });
});
