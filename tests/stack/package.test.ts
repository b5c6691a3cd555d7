/** The package away from the repository: nothing but what it carries answers, on the settings of the local stack. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FunctionHost, startFunctionHost } from '../../infra/local/function-host/start.ts';
import { packageApp } from '../../infra/package.ts';
import { proves } from '../requirements.ts';

const root = join(import.meta.dirname, '../..');
/** Nobody listens there: the app starts, and asks its services in the background. */
const NOWHERE = 'http://127.0.0.1:9';

describe('the package', () => {
  let folder: string | undefined;
  let host: FunctionHost | undefined;
  const log: string[] = [];

  beforeAll(async () => {
    const packaged = await packageApp(root);
    if (!packaged.ok) throw new Error(packaged.error.join('\n'));
    // Under the repository, node_modules would be found further up.
    folder = await mkdtemp(join(tmpdir(), 'sallyport-package-'));
    await cp(packaged.value.folder, folder, { recursive: true });
    host = await startFunctionHost({
      appDir: folder,
      port: 0,
      onLog: (line) => log.push(line),
      env: {
        SALLYPORT_CONFIG_DIR: 'infra/config',
        SALLYPORT_PUBLIC_URL: NOWHERE,
        ENTRA_TENANT_ID: '5a11e000-0000-4000-8000-000000000001',
        ENTRA_CLIENT_ID: '5a11e000-0000-4000-8000-0000000000c0',
        ENTRA_AUTHORITY_HOST: NOWHERE,
        KEY_VAULT_URL: NOWHERE,
        GRAPH_URL: NOWHERE,
        TRANSCRIPTS_STORAGE__blobServiceUri: NOWHERE,
        STATE_STORAGE__tableServiceUri: NOWHERE,
        STATE_STORAGE__blobServiceUri: NOWHERE,
        SERVICE_BUS: 'Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=a;SharedAccessKey=Yg==;UseDevelopmentEmulator=true',
        CRM_URL: NOWHERE,
      },
    });
  });

  afterAll(async () => {
    await host?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  it(
    proves('deploy.package', 'starts by itself: its configuration is read, its policies are compiled, and it answers'),
    async () => {
      const health = await fetch(`${host?.url}/health`);
      expect(health.status, log.join('\n')).toBe(200);
      // Of a server that only gateway.yaml names.
      const metadata = await fetch(`${host?.url}/.well-known/oauth-protected-resource/mcp/crm`);
      expect(await metadata.json()).toMatchObject({ resource: `${NOWHERE}/mcp/crm` });
    },
  );
});
