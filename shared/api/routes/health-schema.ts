/** What `GET /api/health` answers: names, verdicts and times. Never why something failed: the gateway's log has that. */
import { z } from '@hono/zod-openapi';

const dependencySchema = z
  .object({
    name: z.string().openapi({ example: 'table-blocks' }),
    status: z.enum(['ok', 'fail']).openapi({ description: '`ok`: it answered a read in time.' }),
    ms: z.number().int().min(0).openapi({ description: 'Until it answered, or was given up.' }),
  })
  .openapi('Dependency');

const circuitSchema = z
  .object({
    server: z.string(),
    circuit: z.enum(['closed', 'open']).openapi({
      description: '`open`: it was down when it was asked last, and calls are answered at once. Of this instance.',
    }),
  })
  .openapi('Circuit');

export const healthSchema = z
  .object({
    status: z.enum(['ok', 'degraded']).openapi({ description: '`degraded`: something below is not as it should be.' }),
    version: z.string(),
    checkedAt: z.iso.datetime(),
    dependencies: z.array(dependencySchema),
    seal: z
      .object({
        state: z.enum(['ok', 'late', 'broken', 'none', 'unknown']).openapi({
          description:
            '`broken`: its signature or its link to the one before does not hold. `none`: there is none yet.',
        }),
        number: z.number().int().optional(),
        ageSeconds: z.number().int().min(0).optional(),
      })
      .openapi('SealHealth'),
    blocks: z
      .object({
        state: z.enum(['ok', 'stale']).openapi({ description: '`stale`: nobody is let in until they are read again.' }),
        ageSeconds: z.number().int().min(0).optional(),
      })
      .openapi('BlocksHealth'),
    upstreams: z.array(circuitSchema),
  })
  .openapi('Health');

export type HealthReport = z.output<typeof healthSchema>;
