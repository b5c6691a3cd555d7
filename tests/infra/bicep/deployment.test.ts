/**
 * The deployment, compiled by the real Bicep compiler and evaluated without Azure: once, for all of these tests. What only
 * Azure could say (whether it takes it) they cannot.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { approvalQueues } from '../../../infra/local/queues.ts';
import { readEnvironment, settingNames } from '../../../shared/azure/environment.ts';
import { SEALED_CONTAINER } from '../../../shared/azure/sealed-blobs.ts';
import { gatewaySchema } from '../../../shared/config/gateway-schema.ts';
import { SEALS_CONTAINER, transcriptContainer } from '../../../shared/transcripts/layout.ts';
import { SEALS_OUTLIVE_DAYS } from '../../../shared/transcripts/seals/retention-time.ts';
import { proves } from '../../requirements.ts';
import { builtInRoles, DIAGNOSTICS, facts, IDENTITIES, nameRules, ROLES, STORAGE, WORKFLOWS } from './azure.ts';
import { createWorkspace, findCompiler, type Run, TENANT, type Workspace } from './compiler.ts';
import { evaluate } from './expression.ts';
import { fullParameters, LONGEST, longestClass, TEAM, unreachableParameters } from './parameters.ts';
import { createTemplate, type Resource, stringsOf, type Template } from './template.ts';

const root = new URL('../../../', import.meta.url);
const readText = (name: string) => readFileSync(new URL(name, root), 'utf8');

const compiler = findCompiler();
const isRequired = process.env.REQUIRE_BICEP === '1';
if (compiler === undefined && !isRequired) {
  console.log(
    'No Bicep compiler (BICEP, PATH, .local/bicep): the deployment is not checked. .ci/install-bicep gets one.',
  );
}

const hosted = z.object({ type: z.string(), userAssignedIdentities: z.record(z.string(), z.unknown()) });
const deployed = z.looseObject({
  functionAppConfig: z.looseObject({
    deployment: z.object({ storage: z.looseObject({ value: z.string() }) }),
  }),
});

/** What main.bicep passes on to the Teams workflow, before it is evaluated. */
const passedOn = z.looseObject({
  resources: z.looseObject({
    teamsFlow: z.looseObject({ properties: z.looseObject({ parameters: z.record(z.string(), z.unknown()) }) }),
  }),
});

/** Of the Teams workflow: what main.bicep tells it. What it does with it, teams-flow.test.ts says. */
const workflow = z.looseObject({
  identity: hosted,
  properties: z.looseObject({
    definition: z.looseObject({
      actions: z.looseObject({
        Ask: z.looseObject({
          limit: z.object({ timeout: z.string() }),
          inputs: z.looseObject({ body: z.looseObject({ body: z.looseObject({ recipient: z.unknown() }) }) }),
        }),
        Tell: z.looseObject({
          inputs: z.looseObject({ authentication: z.looseObject({ identity: z.string() }) }),
        }),
      }),
    }),
  }),
});

it.runIf(compiler === undefined && isRequired)('there is a Bicep compiler, as REQUIRE_BICEP demands', () => {
  expect(compiler).toBeDefined();
});

describe.skipIf(compiler === undefined)('the deployment', () => {
  let workspace: Workspace;
  let lint: Run;
  let build: Run;
  let formatted: Run;
  let unreachable: Promise<unknown>;
  let halfChannel: Run;
  let channel: Run;
  let template: Template;
  let full: Template;

  beforeAll(async () => {
    workspace = createWorkspace(compiler ?? '');
    workspace.write('infra/full.bicepparam', fullParameters);
    workspace.write('infra/unreachable.bicepparam', unreachableParameters);
    unreachable = workspace.snapshot('infra/unreachable.bicepparam');
    unreachable.catch(() => {});
    const snapshots = Promise.all([
      workspace.snapshot('infra/main.bicepparam'),
      workspace.snapshot('infra/full.bicepparam'),
    ]);
    [lint, build] = await Promise.all([
      workspace.run('lint', 'infra/main.bicep'),
      workspace.run('build', 'infra/main.bicep', '--stdout'),
    ]);
    [template, full] = (await snapshots).map(createTemplate) as [Template, Template];
    await unreachable.catch(() => {});
    [halfChannel, channel] = await Promise.all([
      workspace.runWith({ SALLYPORT_TEAMS_TEAM_ID: TEAM }, 'lint', 'infra/main.bicepparam'),
      workspace.runWith(
        {
          ...{ SALLYPORT_TEAMS_TEAM_ID: TEAM, SALLYPORT_TEAMS_CHANNEL_ID: '19:x@thread.tacv2' },
          SALLYPORT_TEAMS_CONNECTION_STANDS: 'True',
        },
        ...['build-params', 'infra/main.bicepparam', '--stdout'],
      ),
    ]);
    formatted = await workspace.run('format', '--pattern', 'infra/**/*.bicep*');
  }, 120_000);

  afterAll(() => workspace?.remove());

  describe('the compiler', () => {
    it(proves('deploy.bicep', 'has nothing to say: all rules of its linter are on, and none is broken'), () => {
      expect([lint, { ...build, stdout: '' }]).toEqual([
        { exitCode: 0, stdout: '', stderr: '' },
        { exitCode: 0, stdout: '', stderr: '' },
      ]);
      const rules: Record<string, { level: string }> = JSON.parse(readText('bicepconfig.json')).analyzers.core.rules;
      // As many as the pinned compiler knows, by the names in its Azure.Bicep.Core.dll: it has no command that lists them.
      expect(Object.keys(rules)).toHaveLength(55);
      const lenient = Object.keys(rules).filter((name) => rules[name]?.level !== 'error');
      // As an error, it would keep next year's compiler from deploying this. Here, where it may not say a word, it is one.
      expect(lenient).toEqual(['use-recent-api-versions']);
    });

    it(proves('deploy.bicep', 'is silenced only where a reason stands beside'), () => {
      const silenced = sourceNames().flatMap((name) =>
        readText(name)
          .split('\n')
          .filter((line) => line.includes('#disable')),
      );
      const reasons = new Set(silenced.map((line) => line.trim()));
      expect(reasons).toEqual(
        new Set([
          '#disable-next-line use-recent-api-versions // the stable one, of 2016, knows no category groups',
          '#disable-next-line use-recent-api-versions // the only stable one',
          '#disable-next-line BCP037 // documented from 2024-11-01 on; the published types lack it',
        ]),
      );
    });

    it('would write every file as it is written', () => {
      expect(formatted.exitCode).toBe(0);
      const changed = sourceNames().filter((name) => workspace.read(name) !== readText(name));
      expect(changed).toEqual([]);
    });

    it(proves('deploy.bicep', 'evaluates the whole template, and asks no registry for a module'), () => {
      expect(template.diagnostics).toEqual([]);
      expect(full.diagnostics).toEqual([]);
      expect(sourceNames().filter((name) => /'(br|ts)[:/]|^extension /m.test(readText(name)))).toEqual([]);
    });

    it(proves('deploy.bicep', 'refuses a deployment without a way to its private services'), async () => {
      await expect(unreachable).rejects.toThrow(/publicNetworkAccess: Disabled needs outboundSubnetId/);
    });
  });

  describe('who may do what', () => {
    const app = 'the app';
    const officers = '5a11e000-0000-4000-8000-0000000000a4';
    const auditors = '5a11e000-0000-4000-8000-0000000000a3';

    const rowsOf = (from: Template): string[] =>
      from
        .of(ROLES)
        .map(({ id, properties }) => {
          const role = String(properties.roleDefinitionId).split('/').at(-1) ?? '';
          const who = /\/id-\w{13}'/.test(String(properties.principalId)) ? app : properties.principalId;
          return `${who}: ${builtInRoles[role] ?? role} on ${withoutHash(id.split(`/providers/${ROLES}/`)[0] ?? '')}`;
        })
        .sort();

    const expected = [
      `${app}: Storage Blob Data Owner on ${STORAGE}/st{hash}`,
      `${app}: Storage Table Data Contributor on ${STORAGE}/st{hash}`,
      `${app}: Storage Blob Data Reader on ${STORAGE}/sttr{hash}`,
      `${app}: Storage Blob Data Contributor on ${STORAGE}/sttr{hash}/blobServices/default/containers/transcripts-standard`,
      `${app}: Storage Blob Data Contributor on ${STORAGE}/sttr{hash}/blobServices/default/containers/seals`,
      `${app}: Key Vault Secrets User on Microsoft.KeyVault/vaults/kv-{hash}`,
      `${app}: Key Vault Crypto User on Microsoft.KeyVault/vaults/kv-{hash}/keys/transcript-seal`,
      `${app}: Key Vault Crypto Service Encryption User on Microsoft.KeyVault/vaults/kv-{hash}/keys/keyring`,
      `${app}: Azure Service Bus Data Sender on Microsoft.ServiceBus/namespaces/sbns-{hash}/queues/approval-notices`,
      `${app}: Azure Service Bus Data Sender on Microsoft.ServiceBus/namespaces/sbns-{hash}/queues/approval-decisions`,
      `${app}: Azure Service Bus Data Receiver on Microsoft.ServiceBus/namespaces/sbns-{hash}/queues/approval-notices`,
      `${app}: Azure Service Bus Data Receiver on Microsoft.ServiceBus/namespaces/sbns-{hash}/queues/approval-decisions`,
      `${app}: Monitoring Metrics Publisher on Microsoft.Insights/components/appi-{hash}`,
    ];

    it(proves('deploy.roles', 'the app has exactly these rights, none of them on the group or above'), () => {
      expect(rowsOf(template)).toEqual(expected.toSorted());
    });

    it(proves('deploy.roles', 'groups get theirs only where they are named'), () => {
      const people = [
        `${officers}: Key Vault Secrets Officer on Microsoft.KeyVault/vaults/kv-{hash}`,
        `${auditors}: Storage Blob Data Reader on ${STORAGE}/sttr{hash}`,
        `${auditors}: Key Vault Reader on Microsoft.KeyVault/vaults/kv-{hash}/keys/transcript-seal`,
        `${app}: Storage Blob Data Contributor on ${STORAGE}/sttr{hash}/blobServices/default/containers/transcripts-${longestClass}`,
      ];
      expect(rowsOf(full)).toEqual([...expected, ...people].sort());
    });

    it(proves('deploy.roles', 'each says why, and none is given twice'), () => {
      for (const { properties } of full.of(ROLES)) {
        expect(String(properties.description).length).toBeGreaterThan(20);
        const isPeople = [officers, auditors].includes(String(properties.principalId));
        expect(properties.principalType).toBe(isPeople ? 'Group' : 'ServicePrincipal');
      }
      expect(new Set(full.of(ROLES).map(({ id }) => id)).size).toBe(full.of(ROLES).length);
      const rows = [...readText('infra/modules/roles.bicep').matchAll(/who: '(.+)'\n\s+role: '(.+)'/g)].map((match) =>
        match.slice(1).join(' as '),
      );
      expect(new Set(rows).size).toBe(rows.length);
      expect(rows).toHaveLength(13);
      const givenElsewhere = sourceNames().filter((name) => readText(name).includes('roleAssignments'));
      expect(givenElsewhere).toEqual(['infra/modules/roles.bicep']);
    });
  });

  describe('keys and secrets', () => {
    it(proves('deploy.bicep', 'no service is opened by a key, over old TLS or to the anonymous'), () => {
      for (const from of [template, full]) {
        for (const { properties } of from.of(STORAGE)) {
          expect(properties).toMatchObject({
            allowSharedKeyAccess: false,
            allowBlobPublicAccess: false,
            isLocalUserEnabled: false,
            supportsHttpsTrafficOnly: true,
            minimumTlsVersion: 'TLS1_2',
            defaultToOAuthAuthentication: true,
            allowCrossTenantReplication: false,
            isSftpEnabled: false,
          });
        }
        for (const { properties } of from.of(`${STORAGE}/blobServices/containers`)) {
          expect(properties).toEqual({ publicAccess: 'None' });
        }
        expect(from.one('Microsoft.ServiceBus/namespaces').properties).toMatchObject({
          disableLocalAuth: true,
          minimumTlsVersion: '1.2',
        });
        expect(from.one('Microsoft.KeyVault/vaults').properties).toMatchObject({
          enableRbacAuthorization: true,
          enablePurgeProtection: true,
          enableSoftDelete: true,
          softDeleteRetentionInDays: 90,
          ...{ enabledForDeployment: false, enabledForDiskEncryption: false, enabledForTemplateDeployment: false },
        });
        expect(from.one('Microsoft.KeyVault/vaults').properties).not.toHaveProperty('accessPolicies');
        expect(from.one('Microsoft.Insights/components').properties).toMatchObject({ DisableLocalAuth: true });
        expect(from.one('Microsoft.OperationalInsights/workspaces').properties).toMatchObject({
          features: { disableLocalAuth: true },
        });
        expect(from.one('Microsoft.Web/sites').properties).toMatchObject({
          httpsOnly: true,
          siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2' },
        });
        const publishing = from.of('Microsoft.Web/sites/basicPublishingCredentialsPolicies');
        expect(publishing.map(({ properties }) => properties)).toEqual([{ allow: false }, { allow: false }]);
      }
    });

    it(proves('deploy.bicep', 'storage and the vault are open to the internet, or to private endpoints alone'), () => {
      const networksOf = (from: Template) =>
        [...from.of(STORAGE), ...from.of('Microsoft.KeyVault/vaults')].map(
          ({ properties: { publicNetworkAccess, networkAcls } }) => ({ publicNetworkAccess, networkAcls }),
        );
      const open = { publicNetworkAccess: 'Enabled', networkAcls: { bypass: 'None', defaultAction: 'Allow' } };
      const closed = { publicNetworkAccess: 'Disabled', networkAcls: { bypass: 'None', defaultAction: 'Deny' } };
      expect(networksOf(template)).toEqual([open, open, open]);
      expect(networksOf(full)).toEqual([closed, closed, closed]);
      const subnetOf = (from: Template) => from.one('Microsoft.Web/sites').properties.virtualNetworkSubnetId;
      expect(subnetOf(template)).toBeNull();
      expect(subnetOf(full)).toMatch(/\/subnets\/app$/);
    });

    it(
      proves('deploy.bicep', 'no secret is asked for or put out; the one that is looked up goes into the vault'),
      () => {
        const json: unknown = JSON.parse(build.stdout);
        expect(build.stdout).not.toMatch(/secure(string|object)/i);
        const lookups = [...stringsOf(json)].filter(([, text]) => /\blist[A-Z]\w*\(/i.test(text));
        const flow = '/resources/teamsFlow/properties/template/resources';
        expect(lookups).toEqual([
          // Resource Manager's: what it gives is the value of one secret.
          [`${flow}/vault::url/properties/value`, "[listCallbackUrl('workflow::trigger', '2019-05-01').value]"],
          // The workflow's own, for Teams to call back: it is text to Resource Manager.
          [`${flow}/workflow/properties/definition/actions/Ask/inputs/body/notificationUrl`, '@listCallbackUrl()'],
        ]);
        // And nobody asks for that secret, or for a property of the trigger, in any template.
        const readers = [...stringsOf(json)].filter(([, text]) => /reference\('(vault::url|workflow)/.test(text));
        expect(readers).toEqual([]);
        const telling = /AccountKey=|SharedAccessKey|sig=|password|\.primaryKey|\.key1/i;
        for (const from of [template, full]) {
          const strings = [...stringsOf(from.all), ...stringsOf(from.outputs)];
          expect(strings.filter(([, text]) => telling.test(text))).toEqual([]);
        }
      },
    );

    it(
      proves('deploy.bicep', 'the vault’s keys are of the kinds that the app works with, in hardware where asked'),
      () => {
        const keyOf = (from: Template, name: RegExp) => from.one('Microsoft.KeyVault/vaults/keys', name).properties;
        expect(keyOf(template, /transcript-seal$/)).toEqual({
          kty: 'EC',
          curveName: 'P-256',
          keyOps: ['sign', 'verify'],
        });
        expect(keyOf(template, /keyring$/)).toEqual({
          kty: 'RSA',
          keySize: 3072,
          keyOps: ['wrapKey', 'unwrapKey'],
        });
        expect(keyOf(full, /transcript-seal$/)).toMatchObject({ kty: 'EC-HSM' });
        expect(keyOf(full, /keyring$/)).toMatchObject({ kty: 'RSA-HSM' });
        expect(template.one('Microsoft.KeyVault/vaults').properties).toMatchObject({ createMode: 'default' });
        expect(full.one('Microsoft.KeyVault/vaults').properties).toMatchObject({ createMode: 'recover' });
      },
    );

    it(proves('deploy.bicep', 'its outputs are names and addresses'), () => {
      const hash = hashOf(template);
      expect(outputsOf(template)).toEqual({
        AZURE_LOCATION: 'westeurope',
        AZURE_TENANT_ID: TENANT,
        AZURE_RESOURCE_GROUP: 'rg-dev',
        AZURE_FUNCTION_APP_NAME: `func-${hash}`,
        AZURE_KEY_VAULT_NAME: `kv-${hash}`,
        SALLYPORT_URL: `https://func-${hash}.azurewebsites.net`,
        SALLYPORT_VAULT_URL: `https://kv-${hash}.vault.azure.net/`,
        SALLYPORT_TRANSCRIPTS_URL: `https://sttr${hash}.blob.core.windows.net/`,
        SALLYPORT_IDENTITY_CLIENT_ID: '5a11e000-0000-4000-8000-0000000000d1',
        SALLYPORT_IDENTITY_PRINCIPAL_ID: '5a11e000-0000-4000-8000-0000000000d3',
        SALLYPORT_FLOW_IDENTITY_PRINCIPAL_ID: '',
        SALLYPORT_FLOW_CONSENT_URL: '',
      });
    });

    it(proves('deploy.bicep', 'its modules, too, put out nothing of a resource but its ids and addresses'), () => {
      const outputs = [...stringsOf(JSON.parse(build.stdout))].filter(([path]) => /\/outputs\/\w+\/value$/.test(path));
      expect(outputs.length).toBeGreaterThan(20);
      const told = outputs.flatMap(([, text]) => [...text.matchAll(/reference\('\w+'\)\.([\w.]+)/g)]);
      const ofResources = new Set(told.map(([, path = '']) => path).filter((path) => !path.startsWith('outputs.')));
      expect([...ofResources].sort()).toEqual([
        ...['clientId', 'defaultHostName', 'primaryEndpoints.blob', 'primaryEndpoints.table'],
        ...['principalId', 'serviceBusEndpoint', 'vaultUri'],
      ]);
      const asked = outputs.flatMap(([, text]) => [...text.matchAll(/([a-zA-Z]+)\(/g)].map(([, name = '']) => name));
      const words = ['coalesce', 'empty', 'equals', 'format', 'if', 'not', 'null', 'replace', 'split', 'tryGet'];
      const things = ['environment', 'parameters', 'reference', 'resourceId', 'tenant', 'variables'];
      expect(new Set(asked)).toEqual(new Set([...words, ...things]));
    });
  });

  describe('the channel in Teams', () => {
    it(proves('teams.flow-deployed', 'leaves nothing behind where no channel is named'), () => {
      expect(template.of(IDENTITIES)).toHaveLength(1);
      const made = template.all.filter(({ type }) => /^Microsoft\.(Logic|Web\/connections)|\/secrets$/.test(type));
      expect(made).toEqual([]);
    });

    it(proves('teams.flow-deployed', 'has a workflow with an identity of its own, to which no role is given'), () => {
      const { id } = full.one(IDENTITIES, /^id-flow-/);
      const { identity, properties } = workflow.parse(full.one(WORKFLOWS));
      expect(Object.keys(identity.userAssignedIdentities)).toEqual([expect.stringContaining(`/providers/${id}`)]);
      expect(properties.definition.actions.Tell.inputs.authentication.identity).toContain(`/providers/${id}`);
      const given = full.of(ROLES).filter((role) => String(role.properties.principalId).includes(id));
      expect(given).toEqual([]);
    });

    it(proves('teams.flow-deployed', 'is told of the gateway, the channel, and how long a request waits'), () => {
      const { Ask, Tell } = workflow.parse(full.one(WORKFLOWS)).properties.definition.actions;
      expect(Tell.inputs).toMatchObject({
        uri: 'https://gateway.example.com/teams/flow',
        authentication: { audience: 'api://5a11e000-0000-4000-8000-0000000000c0' },
      });
      expect(Ask.inputs.body.body.recipient).toEqual({ groupId: TEAM, channelId: '19:x@thread.tacv2' });
      const { expireMinutes } = parse(readText('infra/config/gateway.yaml')).approvals;
      expect(Ask.limit.timeout).toBe(`PT${expireMinutes}M`);
      // Where gateway.yaml says nothing, both say the same.
      const byDefault = gatewaySchema.shape.approvals.parse({}).expireMinutes;
      expect(readText('infra/main.bicep')).toContain(`{ approvals: { expireMinutes: ${byDefault} } }`);
    });

    it(proves('teams.flow-deployed', 'puts its URL where the gateway’s secrets are, as gateway.yaml names it'), () => {
      const secret = full.one('Microsoft.KeyVault/vaults/secrets');
      const [vault, name] = secret.name.split('/');
      expect(settingsOf(full).KEY_VAULT_URL).toBe(`https://${vault}.vault.azure.net/`);
      expect(readText('infra/config/gateway.yaml')).toContain(`urlSecret: ${name} }`);
      expect(secret.properties.value).toMatch(/^\[listCallbackUrl\('[^']*\/workflows\/logic-\w{13}\/triggers\/Card', /);
    });

    it(proves('teams.flow-deployed', 'tells an operator whom to name in gateway.yaml, and where to consent'), () => {
      const connection = full.one('Microsoft.Web/connections');
      const outputs = outputsOf(full);
      expect(outputs.SALLYPORT_FLOW_IDENTITY_PRINCIPAL_ID).toBe('5a11e000-0000-4000-8000-0000000000d6');
      expect(outputs.SALLYPORT_FLOW_CONSENT_URL).toMatch(/^https:\/\/portal\.azure\.com\/#resource\/subscriptions\//);
      expect(outputs.SALLYPORT_FLOW_CONSENT_URL).toContain(`/providers/${connection.id}/edit`);
    });

    it(proves('teams.flow-deployed', 'is named by both ids in the environment, or the deployment is refused'), () => {
      expect(channel.exitCode, channel.stderr).toBe(0);
      const { parameters } = JSON.parse(JSON.parse(channel.stdout).parametersJson);
      expect(parameters.teamsChannel.value).toEqual({ teamId: TEAM, channelId: '19:x@thread.tacv2' });
      expect(parameters.teamsConnectionStands.value).toBe(true);
      const { parameters: told } = passedOn.parse(JSON.parse(build.stdout)).resources.teamsFlow.properties;
      expect(told.connectionStands).toEqual({ value: "[parameters('teamsConnectionStands')]" });
      expect(halfChannel.exitCode).not.toBe(0);
      expect(halfChannel.stderr + halfChannel.stdout).toMatch(/main\.bicepparam.*too short/);
    });
  });

  describe('what is kept', () => {
    const policiesOf = (from: Template) =>
      Object.fromEntries(
        from
          .of(`${STORAGE}/blobServices/containers/immutabilityPolicies`)
          .map(({ name, properties }) => [name.split('/')[2], properties]),
      );
    const immutableFor = (days: number) => ({
      immutabilityPeriodSinceCreationInDays: days,
      allowProtectedAppendWrites: true,
    });
    const configured: Record<string, { days: number }> = parse(readText('infra/config/gateway.yaml')).transcripts
      .retention;

    it(
      proves('deploy.immutability', 'each retention class of gateway.yaml is a container that can only be appended to'),
      () => {
        const classes = Object.entries(configured).map(([name, { days }]) => [
          transcriptContainer(name),
          immutableFor(days),
        ]);
        const longest = Math.max(...Object.values(configured).map(({ days }) => days));
        expect(policiesOf(template)).toEqual({
          ...Object.fromEntries(classes),
          [SEALS_CONTAINER]: immutableFor(longest + SEALS_OUTLIVE_DAYS),
        });
      },
    );

    it(
      proves('deploy.immutability', 'a container whose policy was locked gets none again: Azure would refuse it'),
      () => {
        expect(policiesOf(full)).toEqual({
          [transcriptContainer(longestClass)]: immutableFor(3650),
          [SEALS_CONTAINER]: immutableFor(3650 + SEALS_OUTLIVE_DAYS),
        });
        expect(containersOf(full, /^sttr/)).toContain('transcripts-standard');
      },
    );

    it(
      proves(
        'deploy.immutability',
        'age removes what the policy let go of, and moves nothing; seals are the app’s to remove',
      ),
      () => {
        const blobTypes = ['appendBlob', 'blockBlob'];
        const rules = (account: RegExp) => rulesOf(template.one(`${STORAGE}/managementPolicies`, account));
        expect(rules(/^sttr/)).toEqual(
          Object.entries(configured).map(([name, { days }]) => ({
            filters: { blobTypes, prefixMatch: [`${transcriptContainer(name)}/`] },
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: days + 31 } } },
          })),
        );
        expect(rules(/^st[^t]/)).toEqual([
          {
            filters: { blobTypes, prefixMatch: [`${SEALED_CONTAINER}/`] },
            actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: 30 } } },
          },
        ]);
      },
    );

    it(proves('deploy.immutability', 'a blob that was deleted is gone: no version and no deleted blob is kept'), () => {
      for (const { properties } of template.of(`${STORAGE}/blobServices`)) {
        expect(properties).toMatchObject({ deleteRetentionPolicy: { enabled: false }, isVersioningEnabled: false });
      }
    });

    it(proves('deploy.bicep', 'every table and container that the code names is made, and no other'), () => {
      const tables = template.of(`${STORAGE}/tableServices/tables`).map(({ name }) => name.split('/')[2] ?? '');
      expect(tables.toSorted()).toEqual(namedInCode('TABLE').toSorted());
      expect(containersOf(template, /^sttr/)).toEqual(
        [...Object.keys(configured).map(transcriptContainer), SEALS_CONTAINER].toSorted(),
      );
      const inState = namedInCode('CONTAINER').filter((name) => name !== SEALS_CONTAINER);
      expect(containersOf(template, /^st[^t]/)).toEqual(['app-package', ...inState].toSorted());
    });

    it(proves('deploy.bicep', 'the queues are those that the local stack has'), () => {
      const queues = template.of('Microsoft.ServiceBus/namespaces/queues');
      expect(queues.map(({ name }) => name.split('/')[1])).toEqual(approvalQueues.map(({ name }) => name));
      for (const [index, queue] of approvalQueues.entries()) {
        expect(queues[index]?.properties).toEqual({
          lockDuration: `PT${(queue.lockDurationMs ?? 0) / 60_000}M`,
          maxDeliveryCount: queue.maxDeliveryCount,
          requiresDuplicateDetection: true,
          duplicateDetectionHistoryTimeWindow: `PT${(queue.duplicateWindowMs ?? 0) / 60_000}M`,
          deadLetteringOnMessageExpiration: queue.deadLettersExpired,
          defaultMessageTimeToLive: `P${(queue.timeToLiveMs ?? 0) / 86_400_000}D`,
          ...{ requiresSession: false, enablePartitioning: false, maxSizeInMegabytes: 1024 },
        });
      }
      // Basic has no duplicate detection.
      expect(template.one('Microsoft.ServiceBus/namespaces').sku).toEqual({ name: 'Standard', tier: 'Standard' });
    });
  });

  describe('settings', () => {
    /** Connection strings to this machine (shared/azure/environment.ts). */
    /** OTLP is for elsewhere: in Azure, Application Insights listens. */
    const localOnly = ['TRANSCRIPTS_STORAGE', 'STATE_STORAGE', 'SERVICE_BUS', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
    /** What the host reads: infra/modules/function-app.bicep says of each what for. */
    const platform = [
      'AzureWebJobsStorage__accountName',
      'AzureWebJobsStorage__credential',
      'AzureWebJobsStorage__clientId',
      'SERVICE_BUS__credential',
      'SERVICE_BUS__clientId',
      'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
      'APPLICATION_INSIGHTS_NO_STATSBEAT',
      'languageWorkers__node__arguments',
    ];

    it(proves('deploy.settings', 'are what the code, gateway.yaml and the platform read, and none else'), () => {
      const references = [...readText('infra/config/gateway.yaml').matchAll(/^[^#\n]*\$\{(\w+)\}/gm)].map(
        (match) => match[1],
      );
      const read = [...settingNames.filter((name) => !localOnly.includes(name)), ...references, ...platform];
      expect(references).not.toEqual([]);
      expect(Object.keys(settingsOf(template)).toSorted()).toEqual(read.toSorted());
    });

    it(proves('deploy.settings', 'are what the app starts with: by identity, each address its own'), () => {
      const hash = hashOf(template);
      const read = readEnvironment({ ...settingsOf(template), AzureWebJobsScriptRoot: '/home/site/wwwroot' });
      expect(read).toEqual({
        ok: true,
        value: {
          configFolder: '/home/site/wwwroot/infra/config',
          publicUrl: `https://func-${hash}.azurewebsites.net`,
          entra: {
            tenantId: TENANT,
            clientId: '5a11e000-0000-4000-8000-0000000000c0',
            authorityHost: 'https://login.microsoftonline.com',
            v1Issuer: `https://sts.windows.net/${TENANT}/`,
            v2Issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
            keysUrl: `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`,
          },
          keyVault: { url: `https://kv-${hash}.vault.azure.net`, sealKey: 'transcript-seal', keyringKey: 'keyring' },
          graphUrl: 'https://graph.microsoft.com',
          transcripts: { url: `https://sttr${hash}.blob.core.windows.net` },
          state: { url: `https://st${hash}.table.core.windows.net` },
          sealed: { url: `https://st${hash}.blob.core.windows.net` },
          serviceBus: { namespace: `sbns-${hash}.servicebus.windows.net` },
          telemetry: { connectionString: facts('', 'ConnectionString') },
          managedIdentity: '5a11e000-0000-4000-8000-0000000000d1',
        },
      });
    });

    it(proves('deploy.settings', 'let the platform in by the same identity, to the same services'), () => {
      const settings = settingsOf(template);
      const identity = settings.AZURE_CLIENT_ID;
      const hash = hashOf(template);
      expect(Object.fromEntries(platform.map((name) => [name, settings[name]]))).toEqual({
        AzureWebJobsStorage__accountName: `st${hash}`,
        AzureWebJobsStorage__credential: 'managedidentity',
        AzureWebJobsStorage__clientId: identity,
        SERVICE_BUS__credential: 'managedidentity',
        SERVICE_BUS__clientId: identity,
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${identity};Authorization=AAD`,
        APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
        languageWorkers__node__arguments: '--max-semi-space-size=8',
      });
    });

    it(
      proves('deploy.settings', 'know the public URL that was given, and one variable for each that was given'),
      () => {
        expect(settingsOf(full)).toMatchObject({
          SALLYPORT_PUBLIC_URL: 'https://gateway.example.com',
          CRM_URL: 'https://crm.example.com/mcp',
          SEAL_SCHEDULE: '0 */2 * * * *',
        });
      },
    );

    it(proves('deploy.bicep', 'the app runs on Flex Consumption as its parameters say'), () => {
      expect(template.one('Microsoft.Web/serverfarms')).toMatchObject({
        sku: { name: 'FC1', tier: 'FlexConsumption' },
      });
      expect(full.one('Microsoft.Web/sites').properties).toMatchObject({
        functionAppConfig: {
          runtime: { name: 'node', version: '24' },
          scaleAndConcurrency: {
            maximumInstanceCount: 60,
            instanceMemoryMB: 4096,
            alwaysReady: [
              { name: 'http', instanceCount: 2 },
              { name: 'function:approver', instanceCount: 1 },
            ],
            triggers: { http: { perInstanceConcurrency: 16 } },
          },
          siteUpdateStrategy: { type: 'RollingUpdate' },
        },
      });
      for (const { sku } of full.of(STORAGE)) expect(sku).toEqual({ name: 'Standard_GZRS' });
      const { properties } = full.one('Microsoft.OperationalInsights/workspaces');
      expect(properties).toMatchObject({ retentionInDays: 365 });
    });

    it(proves('deploy.bicep', 'the app has one identity, and takes its package by it'), () => {
      for (const from of [template, full]) {
        const site = from.one('Microsoft.Web/sites');
        const id = expect.stringMatching(/\/userAssignedIdentities\/id-\w{13}$/);
        const { type, userAssignedIdentities } = hosted.parse(site.identity);
        expect({ type, ids: Object.keys(userAssignedIdentities) }).toEqual({ type: 'UserAssigned', ids: [id] });
        const { storage } = deployed.parse(site.properties).functionAppConfig.deployment;
        expect({ ...storage, value: evaluate(storage.value, facts) }).toEqual({
          type: 'blobContainer',
          value: `https://st${hashOf(from)}.blob.core.windows.net/app-package`,
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: id },
        });
      }
    });
  });

  describe('logs', () => {
    const logged = new Set([
      STORAGE,
      `${STORAGE}/blobServices`,
      `${STORAGE}/tableServices`,
      'Microsoft.KeyVault/vaults',
      'Microsoft.ServiceBus/namespaces',
      'Microsoft.Web/sites',
      'Microsoft.OperationalInsights/workspaces',
      WORKFLOWS,
    ]);
    /** Azure offers no diagnostic setting for these, or theirs would say nothing. */
    const unlogged: Record<string, string> = {
      'Microsoft.Resources/resourceGroups': 'the subscription’s activity log has what is done to it',
      [IDENTITIES]: 'its sign-ins are in Entra’s own logs',
      'Microsoft.Insights/components': 'its data is in the workspace already, and would be there twice',
      'Microsoft.Web/serverfarms': 'a Flex plan has no instances of its own to measure',
      'Microsoft.Insights/scheduledQueryRules': 'the subscription’s activity log, and that of alerts',
      'Microsoft.Web/connections': 'what goes through it is in the workflow’s log',
      'Microsoft.Insights/workbooks': 'only shows; who looks, the workspace’s own log says',
      [ROLES]: 'the subscription’s activity log',
      [DIAGNOSTICS]: 'is one',
    };
    const isPart = (type: string) => [...logged].some((whole) => type.startsWith(`${whole}/`));

    it(proves('deploy.diagnostics', 'every resource that can say what happens to it says it to the workspace'), () => {
      for (const from of [template, full]) {
        const workspaceId = from.one('Microsoft.OperationalInsights/workspaces').id;
        for (const { id, type } of from.all.filter((one) => logged.has(one.type))) {
          const setting = from.all.find((one) => one.id === `${id}/providers/${DIAGNOSTICS}/to-workspace`);
          expect(setting?.properties.workspaceId, `${type} ${id}`).toContain(workspaceId);
        }
        expect(from.of(DIAGNOSTICS)).toHaveLength(from.all.filter(({ type }) => logged.has(type)).length);
      }
    });

    it(
      proves('deploy.diagnostics', 'all that is done is logged; of tables what is changed, of the app its own log'),
      () => {
        const all = [{ categoryGroup: 'allLogs', enabled: true }];
        const logs: Record<string, unknown> = {
          [STORAGE]: undefined,
          [`${STORAGE}/blobServices`]: all,
          [`${STORAGE}/tableServices`]: [
            { category: 'StorageWrite', enabled: true },
            { category: 'StorageDelete', enabled: true },
          ],
          'Microsoft.KeyVault/vaults': all,
          'Microsoft.ServiceBus/namespaces': all,
          'Microsoft.Web/sites': [{ category: 'FunctionAppLogs', enabled: true }],
          'Microsoft.OperationalInsights/workspaces': [{ categoryGroup: 'audit', enabled: true }],
          [WORKFLOWS]: all,
        };
        for (const { id, type } of full.all.filter((one) => logged.has(one.type))) {
          const setting = full.all.find((one) => one.id === `${id}/providers/${DIAGNOSTICS}/to-workspace`);
          expect(setting?.properties.logs, id).toEqual(logs[type]);
          const metrics = [{ category: type.startsWith(STORAGE) ? 'Transaction' : 'AllMetrics', enabled: true }];
          const isWorkspace = type === 'Microsoft.OperationalInsights/workspaces';
          expect(setting?.properties.metrics, id).toEqual(isWorkspace ? undefined : metrics);
        }
      },
    );

    it(
      proves(
        'telemetry.alerts',
        'are asked every five minutes for what somebody has to know, and told whom it is to be told',
      ),
      () => {
        const workspaceId = full.one('Microsoft.OperationalInsights/workspaces').id;
        const rules = full.of('Microsoft.Insights/scheduledQueryRules');
        expect(rules).toHaveLength(6);
        const urgency = rules.map(({ name, properties: { severity, windowSize } }) => [name, severity, windowSize]);
        expect(urgency).toEqual([
          ['sallyport-seal-late', 1, 'PT30M'],
          ['sallyport-dead-letters', 2, 'PT15M'],
          ['sallyport-holds-unknown', 2, 'PT10M'],
          ['sallyport-error-rate', 2, 'PT15M'],
          ['sallyport-blocks-unreadable', 1, 'PT15M'],
          ['sallyport-not-recorded', 1, 'PT15M'],
        ]);
        for (const { properties } of rules) {
          expect(properties).toMatchObject({
            ...{ enabled: true, evaluationFrequency: 'PT5M', autoMitigate: true },
            actions: { actionGroups: [expect.stringContaining('/actionGroups/on-call')] },
            criteria: { allOf: [{ timeAggregation: 'Count', operator: 'GreaterThan', threshold: 0 }] },
          });
          expect(String(properties.scopes)).toContain(workspaceId);
        }
        const shown = full.one('Microsoft.Insights/workbooks').properties;
        expect(String(shown.serializedData)).not.toContain('{workspaceId}');
      },
    );

    it(proves('deploy.diagnostics', 'a kind of resource that is new here has to be thought of'), () => {
      const types = new Set([...template.all, ...full.all].map(({ type }) => type));
      expect([...types].filter((type) => !logged.has(type) && !isPart(type) && !(type in unlogged))).toEqual([]);
    });
  });

  describe('names', () => {
    it(
      proves('deploy.names', 'are valid, the longest names of environment, region and retention class included'),
      () => {
        for (const { type, name } of [...template.all, ...full.all]) {
          expect(name.split('/').at(-1), type).toMatch(nameRules[type] ?? /^no rule$/);
        }
      },
    );

    it(proves('deploy.names', 'differ from environment to environment'), () => {
      expect(hashOf(full)).not.toBe(hashOf(template));
      const global = (from: Template) => from.of(STORAGE).map(({ name }) => name);
      expect(new Set([...global(template), ...global(full)]).size).toBe(4);
    });

    it(proves('deploy.names', 'carry the environment’s tag, by which azd finds them'), () => {
      const tagged = full.all.filter(({ tags }) => tags !== undefined);
      expect(tagged.length).toBeGreaterThan(8);
      for (const { tags } of tagged) expect(tags).toMatchObject({ 'azd-env-name': LONGEST });
      expect(full.one('Microsoft.Web/sites').tags).toMatchObject({ 'azd-service-name': 'gateway' });
    });
  });

  function outputsOf(from: Template): Record<string, unknown> {
    const outputs = Object.entries(from.outputs).map(([name, text]) => [name, evaluate(String(text), facts)]);
    return Object.fromEntries(outputs);
  }

  function settingsOf(from: Template): Record<string, string> {
    const { properties } = from.one('Microsoft.Web/sites/config', /appsettings$/);
    return Object.fromEntries(
      Object.entries(properties).map(([name, text]) => [name, String(evaluate(String(text), facts))]),
    );
  }

  function containersOf(from: Template, account: RegExp): string[] {
    const containers = from.of(`${STORAGE}/blobServices/containers`).filter(({ name }) => account.test(name));
    return containers.map(({ name }) => name.split('/')[2] ?? '').sort();
  }
});

function sourceNames(): string[] {
  const modules = readdirSync(new URL('infra/modules/', root)).map((name) => `infra/modules/${name}`);
  return ['infra/main.bicep', 'infra/main.bicepparam', 'infra/teams/flow.bicep', ...modules];
}

/** `export const SOMETHING_TABLE = 'name'`, wherever in shared/ it stands. */
function namedInCode(kind: 'TABLE' | 'CONTAINER'): string[] {
  const sources = readdirSync(new URL('shared/', root), { recursive: true, encoding: 'utf8' });
  return sources
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [
      ...readText(`shared/${name}`).matchAll(new RegExp(`^export const \\w+_${kind} = '([^']+)'`, 'gm')),
    ])
    .map((match) => match[1] ?? '');
}

function hashOf(from: Template): string {
  return from.one('Microsoft.Web/sites').name.replace(/^func-/, '');
}

function withoutHash(id: string): string {
  return id.replace(/(?<=\/(?:sttr|st|kv-|sbns-|appi-))[a-z0-9]{13}(?=\/|$)/, '{hash}');
}

function rulesOf(policy: Resource): unknown[] {
  const { rules } = policy.properties.policy as {
    rules: { definition: unknown }[];
  };
  return rules.map(({ definition }) => definition);
}
