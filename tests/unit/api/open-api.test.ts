/** The document says what the API does: every route, each with its answers, and who may ask. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createApiApp } from '../../../shared/api/api-app.ts';
import { approvalRoutes } from '../../../shared/api/routes/approvals.ts';
import { oversightRoutes } from '../../../shared/api/routes/oversight.ts';
import { proves } from '../../requirements.ts';
import { createInbox, createOversight, createScene } from './api-scene.ts';

const operationSchema = z.object({ summary: z.string().min(5), responses: z.record(z.string(), z.unknown()) });
const documentSchema = z.object({
  openapi: z.literal('3.1.0'),
  info: z.object({ title: z.string(), version: z.literal('1.2.3') }),
  security: z.tuple([z.object({ entra: z.tuple([]) })]),
  components: z.object({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.object({ entra: z.object({ type: z.literal('http'), scheme: z.literal('bearer') }) }),
  }),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});

async function fetchDocument() {
  const { status, body } = await createScene().ask({ path: '/api/openapi.json' });
  expect(status).toBe(200);
  return { document: documentSchema.parse(body), text: JSON.stringify(body) };
}

describe('GET /api/openapi.json', () => {
  it(proves('api.document', 'describes every route that there is'), async () => {
    const { document } = await fetchDocument();
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const { routes } = createApiApp(
      [oversightRoutes(createOversight()), approvalRoutes(createInbox())],
      () => undefined,
    );
    const real = routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect([...new Set(real)].sort()).toEqual(described.sort());
    expect(described).toEqual(
      expect.arrayContaining([
        'POST /api/approvals/{id}/decisions',
        'GET /api/approvals/attention',
        'POST /api/approvals/{id}/resolution',
      ]),
    );
  });

  it(
    proves('api.document', 'names for each route what it answers when it works, and what it may hear at the door'),
    async () => {
      const { document } = await fetchDocument();
      for (const operations of Object.values(document.paths)) {
        for (const { responses } of Object.values(operations)) {
          const door = ['401', '403', '429', '503'];
          expect(Object.keys(responses)).toEqual(expect.arrayContaining([expect.stringMatching(/^20/), ...door]));
        }
      }
    },
  );

  it(proves('api.document', 'refers to nothing that it does not hold'), async () => {
    const { document, text } = await fetchDocument();
    const referred = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(referred.length).toBeGreaterThan(5);
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(referred));
  });

  it('is open to everybody but browsers', async () => {
    const answer = await createScene().ask({ path: '/api/openapi.json', headers: { origin: 'https://evil.example' } });
    expect(answer.status).toBe(403);
  });
});
