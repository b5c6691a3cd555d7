/**
 * `/api/blocks`: who is kept out, for whoever policy lets `administer` the gateway, apps included. An attempt of anybody
 * else is recorded. A change answers when it stands on this instance; the others follow within a poll (DESIGN §7).
 */
import { createRoute } from '@hono/zod-openapi';
import type { z } from 'zod';
import type { BlockAdministration, BlockFailure } from '../../identity/blocks/administer-blocks.ts';
import { type Block, type BlockKey, isOver, keysOf, textOf, toBlockKey } from '../../identity/blocks/block.ts';
import type { Log } from '../../log.ts';
import type { Actor } from '../../transcripts/entry.ts';
import type { AddRoutes } from '../api-app.ts';
import type { ApiCaller } from '../api-caller.ts';
import { apiError, describeErrors, RETRY_AFTER_SECONDS } from '../api-error.ts';
import { blockInputSchema, blockKeySchema, blockListSchema, blockSchema } from './block-schemas.ts';

export interface BlockRoutesOptions {
  readonly administration: BlockAdministration;
  readonly mayAdminister: (caller: ApiCaller) => boolean;
  /** Names of the configured servers: a block on another would keep nobody out. */
  readonly servers: ReadonlySet<string>;
  readonly nowMs: () => number;
  readonly log: Log;
}

const answer = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});

const listRoute = createRoute({
  method: 'get',
  path: '/api/blocks',
  summary: 'Who is kept out, ended blocks too',
  responses: { 200: answer('The list.', blockListSchema), ...describeErrors() },
});

const addRoute = createRoute({
  method: 'post',
  path: '/api/blocks',
  summary: 'Keep somebody out; in the place of a block on the same, if there is one',
  request: { body: { required: true, content: { 'application/json': { schema: blockInputSchema } } } },
  responses: {
    201: answer('It stands.', blockSchema),
    ...describeErrors(400, 408, 409, 413, 415),
  },
});

const removeRoute = createRoute({
  method: 'delete',
  path: '/api/blocks',
  summary: 'Let somebody in again',
  request: { query: blockKeySchema },
  responses: { 200: answer('It stood until now.', blockSchema), ...describeErrors(400, 404) },
});

export function blockRoutes({ administration, mayAdminister, servers, nowMs, log }: BlockRoutesOptions): AddRoutes {
  const describe = (block: Block) => describeBlock(block, nowMs());

  /** Undefined for what names nobody here. */
  function readKey({ kind, value, server }: z.output<typeof blockKeySchema>): BlockKey | undefined {
    return server === undefined || servers.has(server) ? toBlockKey(kind, value, server) : undefined;
  }

  async function refuse(caller: ApiCaller, what: string) {
    await administration.noteRefusal(toActor(caller), what);
    return NOT_ALLOWED;
  }

  function explain(failure: BlockFailure) {
    log('error', 'block-not-changed', { code: failure.code }, failure.cause);
    return failure.code === 'not-done' ? NOT_DONE : NOT_KNOWN;
  }

  return (app) => {
    app.openapi(listRoute, async (c) => {
      if (!mayAdminister(c.env)) return c.json(await refuse(c.env, 'list blocks'), 403);
      try {
        return c.json({ blocks: (await administration.list()).map(describe) }, 200);
      } catch (cause) {
        log('error', 'blocks-not-listed', {}, cause);
        c.header('retry-after', RETRY_AFTER_SECONDS);
        return c.json(NOT_DONE, 503);
      }
    });

    app.openapi(addRoute, async (c) => {
      if (!mayAdminister(c.env)) return c.json(await refuse(c.env, 'add a block'), 403);
      const { reason, forSeconds, ...named } = c.req.valid('json');
      const key = readKey(named);
      if (key === undefined) return c.json(NOBODY, 400);
      // Who locks themselves out can't undo it: that takes another administrator, who then can.
      if (keysOf(c.env.caller).includes(textOf(key))) return c.json(YOURSELF, 409);
      const order = { key, reason, ...(forSeconds !== undefined && { forMs: forSeconds * 1_000 }) };
      const added = await administration.add(toActor(c.env), order);
      if (added.ok) return c.json(describe(added.value), 201);
      c.header('retry-after', RETRY_AFTER_SECONDS);
      return c.json(explain(added.error), 503);
    });

    app.openapi(removeRoute, async (c) => {
      if (!mayAdminister(c.env)) return c.json(await refuse(c.env, 'remove a block'), 403);
      // Of a server that is not configured any more a block may be left.
      const { kind, value, server } = c.req.valid('query');
      const key = toBlockKey(kind, value, server);
      if (key === undefined) return c.json(NOBODY, 400);
      const removed = await administration.remove(toActor(c.env), key);
      if (removed.ok) return removed.value ? c.json(describe(removed.value), 200) : c.json(ABSENT, 404);
      c.header('retry-after', RETRY_AFTER_SECONDS);
      return c.json(explain(removed.error), 503);
    });
  };
}

const NOT_ALLOWED = apiError('not-allowed', 'Blocks are for administrators of the gateway.');
const NOBODY = apiError(
  'invalid',
  'This names nobody here: a malformed id, a server that is not configured, or a server with something else than a principal.',
);
const YOURSELF = apiError(
  'yourself',
  'This would keep out yourself, or the app through which you ask. Another administrator can do it, through another app.',
);
const ABSENT = apiError('not-found', 'There is no such block.');
const NOT_DONE = apiError(
  'unavailable',
  'The blocks can’t be read, or the change can’t be recorded: nothing was changed. Try again.',
);
const NOT_KNOWN = apiError('not-known', 'Whether it took effect is not known. Ask for the same again.');

function toActor({ caller, address }: ApiCaller): Actor {
  const { principal, agent, tokenId } = caller;
  return { principal, agent, channel: 'api', tokenId, address };
}

function describeBlock(block: Block, nowMs: number): z.input<typeof blockSchema> {
  const { kind, value, server, reason, by, createdMs, untilMs } = block;
  return {
    kind,
    value,
    ...(server !== undefined && { server }),
    reason,
    by,
    createdAt: new Date(createdMs).toISOString(),
    ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
    ended: isOver(block, nowMs),
  };
}
