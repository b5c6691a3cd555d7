/** `npm run token`, as a process of its own, against stand-ins and a gateway that only says who issues its tokens. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import type { Entra } from '../../infra/local/entra/start.ts';
import { readStackFile, removeStackFile, type Stack, writeStackFile } from '../../infra/local/stack-file.ts';
import { proves } from '../requirements.ts';
import { startSampleEntra } from './entra-client.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const PROGRAM = fileURLToPath(new URL('../../infra/local/token.ts', import.meta.url));

function runToken(...args: string[]): Promise<{ code: number | string; out: string; errors: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { timeout: 20_000 }, (error, out, errors) => {
      resolve({ code: error?.code ?? 0, out, errors });
    });
  });
}

async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'token-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function describeStack(entra: string, pid = process.pid): Stack {
  const other = 'http://127.0.0.1:1';
  return {
    gateway: 'http://127.0.0.1:2',
    entra,
    keyVault: other,
    graph: other,
    serviceBus: 'sb://127.0.0.1:1',
    teams: 'http://127.0.0.1:1',
    blob: other,
    table: other,
    queue: other,
    crm: other,
    pid,
  };
}

async function startStack(): Promise<{ entra: Entra; data: string }> {
  const entra = await startSampleEntra();
  cleanups.push(() => entra.stop());
  const data = await createFolder();
  await writeStackFile(data, describeStack(entra.url));
  return { entra, data };
}

/** Stands where the gateway would, and says nothing but its resource metadata. */
async function startMetadataServer(issuer: string): Promise<string> {
  const server = createServer((request, response) => {
    const isMetadata = request.url === '/.well-known/oauth-protected-resource/mcp/crm';
    response.writeHead(isMetadata ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isMetadata ? { resource: 'x', authorization_servers: [issuer] } : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  cleanups.push(async () => server.close());
  const address = server.address();
  return String(typeof address === 'object' ? address?.port : '');
}

describe('npm run token', () => {
  it(proves('entra.token-command', 'prints the token of a person and nothing else'), async () => {
    const { data, entra } = await startStack();
    const { code, out, errors } = await runToken('--user', 'alice', '--ttl', '60', '--data', data);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const claims = decodeJwt(out);
    expect(claims).toMatchObject({
      iss: entra.issuer,
      scp: 'Mcp.Invoke',
      preferred_username: 'alice@sallyport.example',
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(60);
  });

  it(proves('entra.token-command', 'prints a token for the API of a person who comes through the CLI'), async () => {
    const { data } = await startStack();
    const { out } = await runToken('--user', 'bob', '--agent', 'cli', '--data', data);
    expect(decodeJwt(out)).toMatchObject({ scp: 'Sallyport.Manage', azp: '5a11e000-0000-4000-8000-0000000000c5' });
  });

  it(proves('entra.token-command', 'prints the token of an app by itself'), async () => {
    const { data } = await startStack();
    const { out } = await runToken('--agent', 'reporting-bot', '--data', data);
    expect(decodeJwt(out)).toMatchObject({ idtyp: 'app', roles: ['Mcp.Invoke.All'] });
  });

  it(proves('entra.token-command', 'finds the issuer through the gateway on --port'), async () => {
    const { entra } = await startStack();
    const port = await startMetadataServer(entra.issuer);
    const { out } = await runToken('--user', 'bob', '--port', port, '--data', await createFolder());
    expect(decodeJwt(out)).toMatchObject({ oid: '5a11e000-0000-4000-8000-0000000000b2' });
  });

  it('asks no real Entra ID', async () => {
    const port = await startMetadataServer(
      'https://login.microsoftonline.com/5a11e000-0000-4000-8000-000000000001/v2.0',
    );
    const { code, errors } = await runToken('--user', 'bob', '--port', port, '--data', await createFolder());
    expect(code).toBe(1);
    expect(errors).toMatch(
      /^the gateway on .* trusts https:\/\/login\.microsoftonline\.com, which is no local stand-in\n$/,
    );
  });

  it(proves('entra.token-command', 'says in one line what is wrong, and exits with 1'), async () => {
    const { data } = await startStack();
    const empty = await createFolder();
    const wrong: [string[], RegExp][] = [
      [['--user', 'nobody', '--data', data], /^no user is named nobody \(there are alice, bob/],
      [['--agent', 'nobody', '--data', data], /^no app is named nobody/],
      [['--data', data], /^whose token\?/],
      [['--user', 'alice', '--ttl', 'soon', '--data', data], /^--ttl must be a number/],
      [['--usr', 'alice'], /--usr/],
      [['--user', 'alice', '--data', empty], /^no stack is running on .*: npm start/],
      [['--user', 'alice', '--data', empty, '--port', '1'], /^no stack is running there: nothing answers on/],
    ];
    const results = await Promise.all(wrong.map(([args]) => runToken(...args)));
    for (const [index, { code, out, errors }] of results.entries()) {
      expect(errors).toMatch(wrong[index]?.[1] ?? /never/);
      expect({ code, out, lines: errors.trimEnd().split('\n').length }).toEqual({ code: 1, out: '', lines: 1 });
    }
  });
});

describe('stack.json', () => {
  it('says when it is left over from a stack that is gone', async () => {
    const data = await createFolder();
    const gone = execFile(process.execPath, ['--version']);
    const { pid = 0 } = gone;
    await new Promise((resolve) => gone.once('close', resolve));
    await writeStackFile(data, describeStack('http://127.0.0.1:1', pid));

    const stale = await readStackFile(data);
    expect(stale).toMatchObject({ ok: false, error: expect.stringContaining(`left over from process ${pid}`) });
    await removeStackFile(data);
    await removeStackFile(data);
    expect(await readStackFile(data)).toMatchObject({ ok: false, error: expect.stringContaining('npm start') });
  });

  it('is read back as it was written', async () => {
    const data = await createFolder();
    const stack = describeStack('http://127.0.0.1:3');
    await writeStackFile(data, stack);
    expect(await readStackFile(data)).toEqual({ ok: true, value: stack });
  });
});
