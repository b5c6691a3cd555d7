/**
 * The queues of the official Service Bus emulator are those of the deployment (deployment.test.ts compares queues.ts with
 * the template), but where the emulator's own schema allows less: then they have the most that it allows.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { DEVELOPMENT_STORAGE, SERVICE_BUS_EMULATOR } from '../../infra/local/access/emulator-addresses.ts';
import { approvalQueues } from '../../infra/local/queues.ts';
import { proves } from '../requirements.ts';

const folder = new URL('../../infra/local/service-bus-emulator/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');

/** ServiceBus-Emulator/Schema/Config-schema.json of Azure/azure-service-bus-emulator-installer, looked up in November 2026. */
const MOST = {
  lockDurationMs: 5 * 60_000,
  maxDeliveryCount: 10,
  duplicateWindowMs: 5 * 60_000,
  timeToLiveMs: 3_600_000,
} as const;

const queue = z.strictObject({
  Name: z.string(),
  Properties: z.strictObject({
    LockDuration: z.string(),
    MaxDeliveryCount: z.int(),
    RequiresDuplicateDetection: z.boolean(),
    DuplicateDetectionHistoryTimeWindow: z.string(),
    DefaultMessageTimeToLive: z.string(),
    DeadLetteringOnMessageExpiration: z.boolean(),
    RequiresSession: z.boolean(),
  }),
});

/** All that the schema demands; it knows no other name for the namespace. */
const config = z.strictObject({
  UserConfig: z.strictObject({
    Namespaces: z.tuple([
      z.strictObject({ Name: z.literal('sbemulatorns'), Queues: z.array(queue), Topics: z.tuple([]) }),
    ]),
    Logging: z.strictObject({ Type: z.enum(['File', 'Console', 'File,Console', 'Console,File']) }),
  }),
});

const compose = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      image: z.string().startsWith('${REGISTRY:?'),
      ports: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.string()).optional(),
      volumes: z.array(z.string()).optional(),
    }),
  ),
});

function readDuration(text: string): number {
  const [, hours = '0', minutes = '0'] = /^PT(?:(\d+)H)?(?:(\d+)M)?$/.exec(text) ?? [];
  return (Number(hours) * 60 + Number(minutes)) * 60_000;
}

describe('the emulator’s Config.json', () => {
  const [{ Queues: queues }] = config.parse(JSON.parse(read('Config.json'))).UserConfig.Namespaces;

  it(proves('deploy.emulator', 'has the queues of the deployment and no other'), () => {
    expect(queues.map(({ Name }) => Name)).toEqual(approvalQueues.map(({ name }) => name));
  });

  it(
    proves('deploy.emulator', 'gives them every setting of the deployment, or the most that the emulator takes'),
    () => {
      for (const [index, deployed] of approvalQueues.entries()) {
        const atMost = (name: keyof typeof MOST) => Math.min(deployed[name] ?? Number.NaN, MOST[name]);
        const given = queues[index]?.Properties;
        expect(
          given && {
            ...given,
            LockDuration: readDuration(given.LockDuration),
            DuplicateDetectionHistoryTimeWindow: readDuration(given.DuplicateDetectionHistoryTimeWindow),
            DefaultMessageTimeToLive: readDuration(given.DefaultMessageTimeToLive),
          },
        ).toEqual({
          LockDuration: atMost('lockDurationMs'),
          MaxDeliveryCount: atMost('maxDeliveryCount'),
          RequiresDuplicateDetection: deployed.duplicateWindowMs !== undefined,
          DuplicateDetectionHistoryTimeWindow: atMost('duplicateWindowMs'),
          DefaultMessageTimeToLive: atMost('timeToLiveMs'),
          DeadLetteringOnMessageExpiration: deployed.deadLettersExpired,
          RequiresSession: false,
        });
      }
    },
  );

  it(proves('deploy.emulator', 'falls short of the deployment in two settings, and its document says in which'), () => {
    const [deployed] = approvalQueues;
    const short = Object.entries(MOST).filter(
      ([name, most]) => Number(Object.entries(deployed ?? {}).find(([one]) => one === name)?.[1]) > most,
    );
    expect(short.map(([name]) => name)).toEqual(['duplicateWindowMs', 'timeToLiveMs']);
    expect(read('README.md')).toMatch(/duplicates.*10 minutes.*5 minutes/i);
    expect(read('README.md')).toMatch(/live.*14 days.*1 hour/i);
  });
});

describe('compose.yaml', () => {
  const { services } = compose.parse(parse(read('compose.yaml')));

  it(
    proves(
      'deploy.emulator',
      'opens ports on this machine alone, those of the addresses that stand-ins take by default',
    ),
    () => {
      const ports = Object.values(services).flatMap(({ ports = [] }) => ports);
      expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
      expect(ports.map((port) => port.split(':')[1])).toEqual(['10000', '10001', '10002', '5672', '5300']);
      expect(DEVELOPMENT_STORAGE).toBe('UseDevelopmentStorage=true');
      expect(SERVICE_BUS_EMULATOR).toMatch(/^Endpoint=sb:\/\/localhost;/);
    },
  );

  it(proves('deploy.emulator', 'holds no password, accepts nobody’s terms, and mounts the file beside it'), () => {
    expect(services['service-bus']?.volumes).toEqual(['./Config.json:/ServiceBus_Emulator/ConfigFiles/Config.json:ro']);
    for (const { environment = {} } of Object.values(services)) {
      const { SQL_SERVER: _, ...asked } = environment;
      for (const value of Object.values(asked)) expect(value).toMatch(/^\$\{(ACCEPT_EULA|MSSQL_SA_PASSWORD):\?/);
    }
  });
});
