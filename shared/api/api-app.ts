/**
 * The Hono app that routes are added to, and the OpenAPI document that they make together. It judges paths, parameters
 * and bodies by the routes' own schemas; who calls was found out before it is asked (`create-api.ts`).
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { ZodError } from 'zod';
import type { Log } from '../log.ts';
import type { ApiCaller } from './api-caller.ts';
import { apiError } from './api-error.ts';

export interface ApiEnv {
  readonly Bindings: ApiCaller;
}

export type ApiApp = OpenAPIHono<ApiEnv>;

/** Adds the routes of one subject, paths from `/api/…`. */
export type AddRoutes = (app: ApiApp) => void;

export function createApiApp(routes: readonly AddRoutes[], log: Log): ApiApp {
  const app: ApiApp = new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) =>
      result.success ? undefined : c.json(apiError('invalid', describeMistakes(result.target, result.error)), 400),
  });
  app.notFound((c) => c.json(apiError('no-route', 'There is nothing at this path and method.'), 404));
  app.onError((cause, c) => {
    log('error', 'api-failed', { method: c.req.method, route: c.req.routePath }, cause);
    return c.json(apiError('internal', 'This failed; the log of the gateway has the reason.'), 500);
  });
  for (const add of routes) add(app);
  return app;
}

/** Names places, never values: a value may be anything, and as long. */
function describeMistakes(target: string, { issues }: ZodError): string {
  const mistakes = issues.slice(0, MAX_MISTAKES).map(({ path, message, code }) => {
    const place = path.length === 0 ? target : path.join('.');
    return code === 'unrecognized_keys' ? `${place} has keys that are not known` : `${place}: ${message}`;
  });
  return mistakes.join('; ');
}

const MAX_MISTAKES = 5;

/** The document at `GET /api/openapi.json`. */
export function describeApi(app: ApiApp, version: string) {
  app.openAPIRegistry.registerComponent('securitySchemes', 'entra', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token of Microsoft Entra ID for the scope of this API, which is not the scope of MCP.',
  });
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Sallyport',
      version,
      description: 'What people do with held calls, and operators with the gateway. For MCP itself see /mcp/{server}.',
    },
    security: [{ entra: [] }],
  });
}
