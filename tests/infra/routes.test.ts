/**
 * The ways to run it agree with what they run: azd, the workflow, the template's parameters and the package; and on one
 * machine, `func start`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { DEVELOPMENT_STORAGE, SERVICE_BUS_EMULATOR } from '../../infra/local/access/emulator-addresses.ts';
import { parseStandInFlags } from '../../infra/local/func-start/flags.ts';
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

describe('func start', () => {
  const guide = 'infra/local/service-bus-emulator/README.md';
  const commandsOf = (name: string) =>
    [...read(name).matchAll(/```sh\n([\s\S]*?)```/g)]
      .flatMap(([, block = '']) => block.split('\n'))
      .map((line) => line.replace(/ *#.*/, '').trim());

  it(proves('deploy.func-start', 'is documented by commands that exist, in the README as in its guide'), () => {
    const wanted = [
      'docker compose --env-file .local/emulators.env -f infra/local/service-bus-emulator/compose.yaml up -d',
      'npm run stand-ins',
      'npm run build && func start',
    ];
    for (const name of ['README.md', guide]) expect(commandsOf(name)).toEqual(expect.arrayContaining(wanted));
    expect(read('README.md')).toContain(`(${guide})`);
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
    const [, script = ''] = /^node (\S+)$/.exec(scripts['stand-ins'] ?? '') ?? [];
    expect(existsSync(new URL(`../../${script}`, import.meta.url))).toBe(true);
  });

  it(proves('deploy.func-start', 'finds the emulators where the example of its settings and its guide say'), () => {
    const { Values: values } = z
      .object({ Values: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('local.settings.json.example')));
    for (const name of ['AzureWebJobsStorage', 'TRANSCRIPTS_STORAGE', 'STATE_STORAGE']) {
      expect(values[name]).toBe(DEVELOPMENT_STORAGE);
    }
    expect(values.SERVICE_BUS).toBe(SERVICE_BUS_EMULATOR);
    for (const text of [DEVELOPMENT_STORAGE, SERVICE_BUS_EMULATOR]) expect(read(guide)).toContain(text);
    const flags = parseStandInFlags([], '/', '/');
    expect(flags).toMatchObject({
      value: { emulators: { storage: DEVELOPMENT_STORAGE, serviceBus: SERVICE_BUS_EMULATOR } },
    });
  });

  it(proves('deploy.func-start', 'leaves nothing that git would take: neither settings nor the password'), () => {
    const root = new URL('../../', import.meta.url);
    const ignored = execFileSync('git', ['check-ignore', 'local.settings.json', '.local/emulators.env'], { cwd: root });
    expect(ignored.toString().trim().split('\n')).toEqual(['local.settings.json', '.local/emulators.env']);
  });
});
