/**
 * Which checks there are for a gateway, in the order in which they are told, and what each is given to look with. Nothing
 * is asked here: the checks do that, side by side.
 */
import type { Config } from '../../../shared/config/config.ts';
import { createCredentialBroker, type SecretSource } from '../../../shared/credentials/broker.ts';
import { VERSION } from '../../../shared/gateway/version.ts';
import { sampleDirectory } from '../../local/entra/directory.ts';
import { approvalQueues } from '../../local/queues.ts';
import type { Stack } from '../../local/stack-file.ts';
import { containerNames, tableNames } from '../../local/storage.ts';
import { createApiClient } from '../api-client.ts';
import type { Door } from '../api-flags.ts';
import { askUpstream, createVariableSource, openVault } from '../pins/ask-upstream.ts';
import { createAuthorityCheck } from './authority.ts';
import type { Check } from './check.ts';
import { type ConfigurationOptions, createConfigurationCheck } from './configuration.ts';
import { type DoctorFlags, readSecretVariables } from './doctor-flags.ts';
import { createHealthCheck } from './health.ts';
import { createLivenessCheck } from './liveness.ts';
import { openLocalStorage } from './local-storage.ts';
import { createLocksCheck } from './locks.ts';
import { openMembers, openPolicyList, openQueueList, postTestCard } from './open-azure.ts';
import { createPeopleChecks } from './people.ts';
import { createQueuesCheck } from './queues.ts';
import { readSealFrom } from './read-seal.ts';
import { createRegistrationCheck } from './registration.ts';
import { createChallengeCheck, createMetadataCheck } from './resource.ts';
import { createSealCheck } from './seal.ts';
import { createStorageChecks } from './storage.ts';
import { createTeamsChecks } from './teams.ts';
import { createUpstreamCheck } from './upstreams.ts';

export interface Patient {
  readonly flags: DoctorFlags;
  readonly door: Door;
  readonly loaded: ConfigurationOptions['loaded'];
}

/** Of one request; shorter than a check may take, so that none keeps the process once all is told. */
const REQUEST_MS = 8_000;

export function planChecks({ flags, door, loaded }: Patient): readonly Check[] {
  const { gateway, stack } = door;
  const nowMs = Date.now;
  const signIn = createOnce(door.signIn);
  const config = loaded.ok ? loaded.value.config : undefined;
  const openApi = async () => createApiClient({ gateway, token: await signIn(), deadlineMs: REQUEST_MS });
  return [
    createLivenessCheck({ gateway, fetch, nowMs }),
    createHealthCheck({ openApi, version: VERSION }),
    createRegistrationCheck({ signIn }),
    ...(config === undefined ? [] : planDoors(config, door)),
    createConfigurationCheck({ loaded, nowMs }),
    ...(config === undefined ? [] : planConfigured(config, flags, stack)),
    ...planRecords(flags, stack),
  ];
}

/** To sign in is a process of its own, and one token will do. */
function createOnce<T>(work: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => {
    started ??= work();
    return started;
  };
}

/** What a client meets. */
function planDoors({ servers, identity }: Config, { gateway, stack }: Door): readonly Check[] {
  const { resource, scope } = identity;
  const issuer = stack && `${stack.entra}/${sampleDirectory.tenantId}/v2.0`;
  const [first] = servers.keys();
  return [
    ...(first === undefined
      ? []
      : [createAuthorityCheck({ gateway, server: first, resource, fetch, ...(issuer !== undefined && { issuer }) })]),
    ...[...servers.keys()].flatMap((server) => {
      const options = { gateway, server, resource, scope, fetch };
      return [createMetadataCheck(options), createChallengeCheck(options)];
    }),
  ];
}

/** What the configuration names. */
function planConfigured(config: Config, flags: DoctorFlags, stack: Stack | undefined): readonly Check[] {
  const url = stack?.keyVault ?? flags.vault;
  const vault = url === undefined ? undefined : openVault(url, stack);
  return [
    ...createPeopleChecks({ config, members: openMembers(stack, REQUEST_MS) }),
    ...planUpstreams(config, flags, vault, stack),
    ...createTeamsChecks({
      teams: config.approvals.teams,
      secrets: vault,
      ...(flags.postTestCard && vault !== undefined && { post: (secret) => postTestCard(vault, secret) }),
    }),
    ...(stack === undefined
      ? []
      : createStorageChecks({
          places: openLocalStorage(stack),
          containers: containerNames(config.transcripts.retention.keys()),
          tables: tableNames,
        })),
  ];
}

function planUpstreams(
  { servers, lock }: Config,
  { secretEnv }: DoctorFlags,
  vault: SecretSource | undefined,
  stack: Stack | undefined,
): readonly Check[] {
  const variables = readSecretVariables(secretEnv, servers);
  return [...servers.values()].map((server) => {
    const variable = variables.get(server.name);
    const source = variable === undefined ? vault : createVariableSource(variable);
    const broker = createCredentialBroker({ source: source ?? NO_SECRETS, nowMs: Date.now });
    const isGiven = server.credential === undefined || source !== undefined;
    return createUpstreamCheck({
      server,
      pinned: lock.servers.get(server.name) ?? new Map(),
      ask: isGiven ? () => askUpstream({ ...server, deadlineMs: REQUEST_MS }, broker) : undefined,
      isLocal: stack !== undefined,
    });
  });
}

const NO_SECRETS: SecretSource = { read: () => Promise.reject(new Error('it needs none')) };

/** Evidence and the queues. Azurite has no immutability policies, and the stand-in’s queues are the template’s by birth. */
function planRecords(flags: DoctorFlags, stack: Stack | undefined): readonly Check[] {
  const { account, vault, data, sealKey } = flags;
  if (stack !== undefined) return [createSealCheck({ read: () => readSealFrom({ local: true, data, sealKey }) })];
  const isSealGiven = account !== undefined && vault !== undefined;
  return [
    createSealCheck({ read: isSealGiven ? () => readSealFrom({ account, vault, data, sealKey }) : undefined }),
    createLocksCheck({ list: openPolicyList(flags) }),
    createQueuesCheck({ list: openQueueList(flags), wanted: approvalQueues }),
  ];
}
