/** The ways into Azure agree with what they deploy: azd, the workflow, the template's parameters and the package. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { proves } from '../requirements.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const asked = [...read('infra/main.bicepparam').matchAll(/readEnvironmentVariable\('(\w+)'/g)].map((match) => match[1]);

const azd = z.object({
  infra: z.object({ provider: z.literal('bicep'), path: z.string(), module: z.string() }),
  services: z.record(
    z.string(),
    z.object({
      project: z.string(),
      host: z.string(),
      dist: z.string(),
      remoteBuild: z.boolean(),
      hooks: z.object({ prepackage: z.record(z.string(), z.object({ run: z.string() })) }),
    }),
  ),
});

const step = z.object({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});
const workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      permissions: z.record(z.string(), z.string()),
      env: z.record(z.string(), z.string()).optional(),
      steps: z.array(step),
    }),
  ),
});

describe('azd', () => {
  const { infra, services } = azd.parse(parse(read('azure.yaml')));

  it(proves('deploy.package', 'takes the folder that npm run package lays out, and builds nothing in Azure'), () => {
    expect(services).toEqual({
      gateway: expect.objectContaining({
        project: '.',
        host: 'function',
        dist: 'dist/package/app',
        remoteBuild: false,
      }),
    });
    expect(read('infra/package.ts')).toContain("'dist/package/app'");
    for (const { run } of Object.values(services.gateway?.hooks.prepackage ?? {}))
      expect(run).toContain('npm run package');
  });

  it(proves('deploy.bicep', 'finds the template, and the app by its tag'), () => {
    expect(read(`${infra.path}/${infra.module}.bicepparam`)).toContain(`using '${infra.module}.bicep'`);
    expect(read('infra/modules/function-app.bicep')).toContain("'azd-service-name': 'gateway'");
  });
});

describe('the workflow', () => {
  const { permissions, jobs } = workflow.parse(parse(read('.github/workflows/deploy.yml')));

  it(proves('deploy.bicep', 'sets every parameter that the template asks the environment for'), () => {
    expect(asked).toContain('ENTRA_CLIENT_ID');
    expect(Object.keys(jobs.deploy?.env ?? {}).toSorted()).toEqual(asked.toSorted());
  });

  it(proves('deploy.bicep', 'stores no credential, and gives its own to no code of a dependency'), () => {
    expect(read('.github/workflows/deploy.yml')).not.toContain('secrets.');
    expect(permissions).toEqual({});
    const trusted = Object.values(jobs).filter((job) => job.permissions['id-token'] === 'write');
    expect(trusted).toHaveLength(1);
    for (const { uses = '', run = '' } of trusted.flatMap(({ steps }) => steps)) {
      expect(uses).toMatch(/^$|^(actions|azure)\//);
      expect(run).not.toMatch(/\b(npm|npx|node)\b/);
    }
  });
});
