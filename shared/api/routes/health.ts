/**
 * `GET /api/health`: how what the gateway depends on is, for whoever policy lets `administer` it, apps included: a
 * monitor may be one. It is 200 whenever the question was answered, `degraded` or not: 503 means, here as everywhere in
 * the API, that nobody could say. `/health` is for load balancers, and asks nothing.
 */
import { createRoute } from '@hono/zod-openapi';
import type { Principal } from '../../identity/caller.ts';
import type { AddRoutes } from '../api-app.ts';
import type { ApiCaller } from '../api-caller.ts';
import { apiError, describeErrors } from '../api-error.ts';
import { type HealthReport, healthSchema } from './health-schema.ts';

export interface HealthRoutesOptions {
  /** Never rejects. Asked by several at once, it looks once. */
  readonly check: (asker: Principal) => Promise<HealthReport>;
  readonly mayAdminister: (caller: ApiCaller) => boolean;
}

const route = createRoute({
  method: 'get',
  path: '/api/health',
  summary: 'How what the gateway depends on is, asked just now; for administrators of the gateway',
  responses: {
    200: {
      description: 'Whether all of it is as it should be: `status` says so, not the HTTP status.',
      content: { 'application/json': { schema: healthSchema } },
    },
    ...describeErrors(),
  },
});

export function healthRoutes({ check, mayAdminister }: HealthRoutesOptions): AddRoutes {
  return (app) => {
    app.openapi(route, async (c) => {
      if (!mayAdminister(c.env)) return c.json(NOT_ALLOWED, 403);
      return c.json(await check(c.env.caller.principal), 200);
    });
  };
}

const NOT_ALLOWED = apiError('not-allowed', 'The gateway’s health is for its administrators.');
