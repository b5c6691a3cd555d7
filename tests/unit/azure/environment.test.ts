/** The app settings become one typed value; the example file has every one of them. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createVariables, readEnvironment, settingNames } from '../../../shared/azure/environment.ts';
import { proves } from '../../requirements.ts';

const tenant = '5a11e000-0000-4000-8000-000000000001';
const client = '5a11e000-0000-4000-8000-0000000000c0';

const deployed = {
  AzureWebJobsScriptRoot: '/home/site/wwwroot',
  SALLYPORT_PUBLIC_URL: 'https://app.azurewebsites.net',
  ENTRA_TENANT_ID: tenant.toUpperCase(),
  ENTRA_CLIENT_ID: client,
  KEY_VAULT_URL: 'https://vault.vault.azure.net/',
  TRANSCRIPTS_STORAGE__blobServiceUri: 'https://store.blob.core.windows.net/',
  STATE_STORAGE__tableServiceUri: 'https://store.table.core.windows.net',
  STATE_STORAGE__blobServiceUri: 'https://store.blob.core.windows.net',
  SERVICE_BUS__fullyQualifiedNamespace: 'Sallyport.servicebus.windows.net',
  AZURE_CLIENT_ID: '5A11E000-0000-4000-8000-0000000000AA',
};

/** The deployed app with some settings changed; null takes one away. */
function mistakesWith(changes: Record<string, string | null>): readonly string[] {
  const env: NodeJS.ProcessEnv = { ...deployed };
  for (const [name, value] of Object.entries(changes)) env[name] = value ?? undefined;
  const read = readEnvironment(env);
  return read.ok ? [] : read.error;
}

describe('readEnvironment', () => {
  it(proves('config.environment', 'gives one typed value with its defaults'), () => {
    const read = readEnvironment(deployed);
    expect(read.ok && read.value).toEqual({
      configFolder: '/home/site/wwwroot/infra/config',
      publicUrl: 'https://app.azurewebsites.net',
      entra: {
        tenantId: tenant,
        clientId: client,
        authorityHost: 'https://login.microsoftonline.com',
        v1Issuer: `https://sts.windows.net/${tenant}/`,
        v2Issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
        keysUrl: `https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys`,
      },
      keyVault: { url: 'https://vault.vault.azure.net', sealKey: 'transcript-seal', keyringKey: 'keyring' },
      graphUrl: 'https://graph.microsoft.com',
      transcripts: { url: 'https://store.blob.core.windows.net' },
      state: { url: 'https://store.table.core.windows.net' },
      sealed: { url: 'https://store.blob.core.windows.net' },
      serviceBus: { namespace: 'sallyport.servicebus.windows.net' },
      telemetry: {},
      managedIdentity: '5a11e000-0000-4000-8000-0000000000aa',
    });
  });

  it(proves('config.environment', 'names every mistake at once, and no value'), () => {
    const read = readEnvironment({
      SALLYPORT_PUBLIC_URL: 'https://hunter2.example.com/',
      ENTRA_TENANT_ID: 'hunter2',
      KEY_VAULT_URL: 'https://user:hunter2@vault.example.com',
      KEY_VAULT_SEAL_KEY: 'hunter2/key',
      TRANSCRIPTS_STORAGE:
        'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=hunter2;EndpointSuffix=core.windows.net',
      STATE_STORAGE: 'UseDevelopmentStorage=true',
      STATE_STORAGE__tableServiceUri: 'https://store.table.core.windows.net',
      SERVICE_BUS: 'Endpoint=sb://bus.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=hunter2',
    });
    expect(read.ok ? [] : read.error).toEqual([
      'SALLYPORT_PUBLIC_URL: must be https://host, or http to a loopback address, with nothing after it, not even a slash',
      'ENTRA_TENANT_ID: must be a GUID',
      'ENTRA_CLIENT_ID: is not set',
      'KEY_VAULT_URL: must not hold a user name or password',
      'KEY_VAULT_SEAL_KEY: must be a Key Vault key name',
      'TRANSCRIPTS_STORAGE: a connection string is for storage on this machine; elsewhere set the service URI',
      'SERVICE_BUS: a connection string is for Service Bus on this machine; elsewhere set the namespace',
      'STATE_STORAGE: is set beside STATE_STORAGE__tableServiceUri: keep one',
    ]);
  });

  it('takes an empty setting for one that is not set', () => {
    expect(mistakesWith({ KEY_VAULT_URL: '', STATE_STORAGE: '', SALLYPORT_CONFIG_DIR: '' })).toEqual([
      'KEY_VAULT_URL: is not set',
    ]);
  });

  it('wants storage one way or the other', () => {
    expect(mistakesWith({ TRANSCRIPTS_STORAGE__blobServiceUri: null })).toEqual([
      'TRANSCRIPTS_STORAGE__blobServiceUri: is not set',
    ]);
  });

  it('wants tables and blobs of the state’s account together, or its connection string alone', () => {
    const local = 'UseDevelopmentStorage=true';
    const [tables, blobs] = ['STATE_STORAGE__tableServiceUri', 'STATE_STORAGE__blobServiceUri'];
    expect(mistakesWith({ [blobs]: null })).toEqual([`${blobs}: is not set`]);
    expect(mistakesWith({ [tables]: null, [blobs]: null })).toEqual([`${tables}: is not set`, `${blobs}: is not set`]);
    expect(mistakesWith({ STATE_STORAGE: local, [tables]: null })).toEqual([
      `STATE_STORAGE: is set beside ${blobs}: keep one`,
    ]);
    const read = readEnvironment({ ...deployed, STATE_STORAGE: local, [tables]: '', [blobs]: '' });
    expect(read).toMatchObject({ ok: true, value: { sealed: { connectionString: local } } });
  });

  it('wants Service Bus one way or the other', () => {
    const local = 'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=a;SharedAccessKey=k=;UseDevelopmentEmulator=true';
    const byName = 'SERVICE_BUS__fullyQualifiedNamespace';
    expect(mistakesWith({ [byName]: null })).toEqual([`${byName}: is not set`]);
    expect(mistakesWith({ SERVICE_BUS: local })).toEqual([`SERVICE_BUS: is set beside ${byName}: keep one`]);
    const read = readEnvironment({ ...deployed, SERVICE_BUS: local, [byName]: '' });
    expect(read).toMatchObject({ ok: true, value: { serviceBus: { connectionString: local } } });
  });

  it.each(['sb://bus.servicebus.windows.net', 'bus', 'bus.servicebus.windows.net:5671', 'bus..net', '10.0.0.1'])(
    'refuses the Service Bus namespace %s',
    (namespace) => {
      expect(mistakesWith({ SERVICE_BUS__fullyQualifiedNamespace: namespace })).toEqual([
        'SERVICE_BUS__fullyQualifiedNamespace: must be a host name, as in name.servicebus.windows.net',
      ]);
    },
  );

  it.each([
    ['Endpoint=sb://127.0.0.1:1234;SharedAccessKeyName=a;SharedAccessKey=k=;UseDevelopmentEmulator=true', true],
    ['Endpoint=sb://localhost/;SharedAccessKeyName=a;SharedAccessKey=k=;UseDevelopmentEmulator=true;', true],
    ['Endpoint=sb://127.0.0.1:1234;SharedAccessKeyName=a;SharedAccessKey=k=', false],
    ['Endpoint=sb://bus.servicebus.windows.net;UseDevelopmentEmulator=true', false],
    ['Endpoint=sb://127.0.0.1.example.com;UseDevelopmentEmulator=true', false],
    ['Endpoint=sb://localhost@example.com;UseDevelopmentEmulator=true', false],
    ['Endpoint=sb://localhost:1/://example.com;UseDevelopmentEmulator=true', false],
    ['Endpoint=sb://localhost;Endpoint=sb://example.com;UseDevelopmentEmulator=true', false],
    ['Endpoint=sb://localhost;UseDevelopmentEmulator=true;UseDevelopmentEmulator=false', false],
    ['UseDevelopmentEmulator=true', false],
    ['nonsense', false],
  ])('reads the Service Bus connection string %s as local: %s', (connectionString, isLocal) => {
    const byString = { SERVICE_BUS: connectionString, SERVICE_BUS__fullyQualifiedNamespace: null };
    expect(mistakesWith(byString).length === 0).toBe(isLocal);
  });

  it.each([
    ['UseDevelopmentStorage=true', true],
    ['DefaultEndpointsProtocol=http;AccountName=a;AccountKey=k==;BlobEndpoint=http://127.0.0.1:10000/a;', true],
    ['AccountName=a;AccountKey=k==;BlobEndpoint=https://a.blob.core.windows.net/', false],
    ['UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://evil.example.com', false],
    ['AccountName=a;AccountKey=k==;BlobEndpoint=http://127.0.0.1:1/a;TableEndpoint=https://evil.example.com', false],
    ['BlobEndpoint=http://127.0.0.1.example.com/a', false],
    ['nonsense', false],
  ])('reads the connection string %s as local: %s', (connectionString, isLocal) => {
    const found = mistakesWith({ TRANSCRIPTS_STORAGE: connectionString, TRANSCRIPTS_STORAGE__blobServiceUri: null });
    expect(found.length === 0).toBe(isLocal);
  });

  it.each([
    'http://gateway.example.com',
    'https://gateway.example.com/',
    'https://gateway.example.com/path',
    'https://GATEWAY.example.com',
    'gateway',
  ])('refuses the public URL %s', (url) => {
    expect(mistakesWith({ SALLYPORT_PUBLIC_URL: url })).toHaveLength(1);
  });

  it('lets everything be http on this machine', () => {
    const local = {
      SALLYPORT_PUBLIC_URL: 'http://127.0.0.1:7071',
      ENTRA_AUTHORITY_HOST: 'http://127.0.0.1:9001',
      ENTRA_V1_ISSUER: `http://127.0.0.1:9001/${tenant}/`,
      KEY_VAULT_URL: 'http://127.0.0.1:9002',
    };
    expect(mistakesWith(local)).toEqual([]);
  });

  it('resolves the configuration folder against the app’s, and leaves an absolute one alone', () => {
    const folder = (env: NodeJS.ProcessEnv) => {
      const read = readEnvironment({ ...deployed, ...env });
      return read.ok && read.value.configFolder;
    };
    expect(folder({ SALLYPORT_CONFIG_DIR: 'conf' })).toBe('/home/site/wwwroot/conf');
    expect(folder({ SALLYPORT_CONFIG_DIR: '/etc/sallyport' })).toBe('/etc/sallyport');
    expect(folder({ AzureWebJobsScriptRoot: '' })).toBe(resolve('infra/config'));
  });
});

describe('createVariables', () => {
  const variables = createVariables({
    CRM_URL: 'https://crm.example.com',
    EMPTY: '',
    TRANSCRIPTS_STORAGE: 'secret',
    SERVICE_BUS: 'secret',
    IDENTITY_HEADER: 'secret',
    AzureWebJobsStorage: 'secret',
    AZUREWEBJOBSSTORAGE: 'secret',
    WEBSITE_AUTH_ENCRYPTION_KEY: 'secret',
    APPLICATIONINSIGHTS_CONNECTION_STRING: 'secret',
  });

  it('gives what is set', () => {
    expect(variables('CRM_URL')).toBe('https://crm.example.com');
    expect(variables('EMPTY')).toBeUndefined();
    expect(variables('NOT_THERE')).toBeUndefined();
  });

  it.each([
    'TRANSCRIPTS_STORAGE',
    'SERVICE_BUS',
    'IDENTITY_HEADER',
    'AzureWebJobsStorage',
    'AZUREWEBJOBSSTORAGE',
    'WEBSITE_AUTH_ENCRYPTION_KEY',
    'APPLICATIONINSIGHTS_CONNECTION_STRING',
  ])('keeps %s, a credential of the app or the platform, from gateway.yaml', (name) => {
    expect(variables(name)).toBeUndefined();
  });
});

describe('local.settings.json.example', () => {
  const root = new URL('../../../', import.meta.url);
  /** What the Functions host itself wants of every app. */
  const ofTheHost = ['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage', 'languageWorkers__node__arguments'];

  async function exampleValues(): Promise<Record<string, string>> {
    return JSON.parse(await readFile(new URL('local.settings.json.example', root), 'utf8')).Values;
  }

  it(proves('config.example', 'has every setting that the code and the sample read, and no other'), async () => {
    const sample = await readFile(new URL('infra/config/gateway.yaml', root), 'utf8');
    const uncommented = sample.replaceAll(/#.*$/gm, '');
    const referenced = [...uncommented.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? '');
    expect(referenced).toContain('CRM_URL');
    const wanted = [...ofTheHost, ...settingNames, ...referenced];
    expect(Object.keys(await exampleValues()).toSorted()).toEqual(wanted.toSorted());
  });

  it(proves('config.example', 'holds no secret'), async () => {
    // The official emulator's key is this constant, for everybody.
    const emulatorsKey = 'SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE';
    for (const value of Object.values(await exampleValues()).map((text) => text.replace(emulatorsKey, ''))) {
      expect(value).not.toMatch(/AccountKey|SharedAccess|sig=|password|secret/i);
      expect(value).not.toMatch(/[A-Za-z0-9+/_-]{40,}/);
    }
  });

  it('is a good environment as it stands', async () => {
    expect(readEnvironment(await exampleValues())).toMatchObject({ ok: true });
  });
});
