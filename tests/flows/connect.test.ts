/** The page on connecting through the whole built stack: what alice copies from it works as it stands; mallory finds none. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPort } from '../../infra/local/free-port.ts';
import { proves } from '../requirements.ts';
import { appDir, type RunningStack, startBuiltStack } from './support/stack.ts';
import { createWebVisitor } from './support/web-visitor.ts';

let stack: RunningStack;
let folder: string;
beforeAll(async () => {
  stack = await startBuiltStack();
  folder = await mkdtemp(join(tmpdir(), 'sallyport-connect-'));
});
afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Every text that can be copied, as a browser would give it. */
function copiesOf(page: string): readonly string[] {
  return [...page.matchAll(/<pre class="copy">([^<]*)<\/pre>/g)].map(([, text = '']) =>
    text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&'),
  );
}

/** What the Inspector's browser does: alice signs in, and is sent back to it. */
async function visit(url: string): Promise<number> {
  const shown = new URL(url);
  shown.searchParams.set('login_hint', 'alice');
  return (await fetch(shown)).status;
}

describe('/ui/connect', () => {
  it(proves('connect.hidden', 'is not found by whoever may use nothing'), async () => {
    const mallory = createWebVisitor(stack, 'mallory');
    const [list, server, missing] = [
      await mallory.get('/ui/connect'),
      await mallory.get('/ui/connect/crm'),
      await mallory.get('/ui/connect/nowhere'),
    ];
    expect([list.status, server.status, missing.status]).toEqual([404, 404, 404]);
    expect(list.text).not.toContain('>Connect</a>');
  });

  // Elsewhere the Inspector would open the developer’s browser.
  it.skipIf(process.platform !== 'linux')(
    proves('connect.snippets', 'shows alice a command that signs her in and lists her tools, as it stands'),
    async () => {
      const { status, text } = await createWebVisitor(stack, 'alice').get('/ui/connect/crm');
      expect(status).toBe(200);
      const copied = copiesOf(text).find((copy) => copy.startsWith('npx @modelcontextprotocol/inspector '));
      // Installed here already; and the port may be taken on this machine.
      const port = await findPort(0);
      if (!port.ok || copied === undefined) throw new Error('no port, or no command');
      const command = copied
        .replace('npx @modelcontextprotocol/inspector', join(appDir, 'node_modules/.bin/mcp-inspector'))
        .replace('33418', String(port.value));
      const env = {
        ...process.env,
        HOME: folder,
        MCP_STORAGE_DIR: folder,
        MCP_INSPECTOR_SECRET_STORE: 'memory',
        // Without a terminal it signs in only where it may open a browser: this one does nothing.
        MCP_AUTO_OPEN_ENABLED: 'true',
        BROWSER: '/bin/true',
      };
      const child = spawn('/bin/sh', ['-c', `exec ${command}`], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 45_000,
      });
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
      expect(await ended, printed).toEqual([0, null]);
      expect(await visited).toBe(200);
      expect(printed).toContain('"name": "refund_payment"');
    },
    60_000,
  );
});
