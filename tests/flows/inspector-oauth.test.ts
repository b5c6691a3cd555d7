/**
 * The Inspector’s command line signs in by itself: it sends a browser to the tenant and waits on a callback of its own.
 * Elsewhere than on Linux it would open the developer’s browser, so there it is left out.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPort } from '../../infra/local/free-port.ts';
import { proves } from '../requirements.ts';
import { ASSISTANT } from './support/oauth-client.ts';
import { appDir, type RunningStack, startBuiltStack } from './support/stack.ts';

let stack: RunningStack;
let folder: string;
beforeAll(async () => {
  stack = await startBuiltStack();
  folder = await mkdtemp(join(tmpdir(), 'sallyport-inspector-'));
});
afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What its browser does: alice signs in, and is sent back to the Inspector. */
async function visit(url: string): Promise<number> {
  const shown = new URL(url);
  shown.searchParams.set('login_hint', 'alice');
  return (await fetch(shown)).status;
}

describe.skipIf(process.platform !== 'linux')('the Inspector', () => {
  it(proves('clients.oauth', 'signs in and lists, given nothing but the URL and a client id'), async () => {
    const port = await findPort(0);
    if (!port.ok) throw new Error(port.error);
    const child = spawn(
      join(appDir, 'node_modules/.bin/mcp-inspector'),
      [
        ...['--cli', new URL('/mcp/crm', stack.url).href, '--transport', 'http', '--method', 'tools/list'],
        ...['--client-id', ASSISTANT, '--callback-url', `http://127.0.0.1:${port.value}/oauth/callback`],
      ],
      {
        env: {
          ...process.env,
          HOME: folder,
          MCP_STORAGE_DIR: folder,
          MCP_INSPECTOR_SECRET_STORE: 'memory',
          // Without a terminal it signs in only where it may open a browser: this one does nothing.
          MCP_AUTO_OPEN_ENABLED: 'true',
          BROWSER: '/bin/true',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 45_000,
      },
    );
    const ended = once(child, 'close');
    let printed = '';
    let visited: Promise<number> | undefined;
    const read = (chunk: Buffer) => {
      printed += chunk.toString('utf8');
      const url = /Please navigate to: (http\S+)\s/.exec(printed)?.[1];
      if (url !== undefined) visited ??= visit(url);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);

    expect(await ended).toEqual([0, null]);
    expect(await visited).toBe(200);
    const names = [...printed.matchAll(/"name": "([a-z]+_[a-z]+)"/g)].map(([, name]) => name);
    expect(names.sort()).toEqual(['delete_customer', 'get_customer', 'refund_payment', 'search_customers']);
  }, 60_000);
});
