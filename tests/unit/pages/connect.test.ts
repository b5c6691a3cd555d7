/** How to connect: every text that is copied means what it says to whoever reads it, and only to whom it is for. */
import { describe, expect, it } from 'vitest';
import { CLIENT_PLACEHOLDER, describeClients, type Guide } from '../../../shared/pages/connect-guides.ts';
import { connectPage } from '../../../shared/pages/connect-page.ts';
import type { Connect, ConnectTarget } from '../../../shared/pages/connect-target.ts';
import { proves } from '../../requirements.ts';
import { createBrowser, createScene } from './pages-scene.ts';

const DESKTOP = '5a11e000-0000-4000-8000-0000000000c1';
const STUDIO = '5a11e000-0000-4000-8000-0000000000c7';
const URL_OF_CRM = 'https://gateway.example/mcp/crm';
const SCOPE = `${URL_OF_CRM}/Mcp.Invoke`;

const crm: ConnectTarget = {
  server: 'crm',
  url: URL_OF_CRM,
  resource: URL_OF_CRM,
  scope: SCOPE,
  role: 'Mcp.Invoke.All',
  tenantId: '5a11e000-0000-4000-8000-000000000001',
  gatewayClientId: '5a11e000-0000-4000-8000-0000000000c0',
  authorizeUrl: 'https://login.example/t/oauth2/v2.0/authorize',
  tokenUrl: 'https://login.example/t/oauth2/v2.0/token',
  clients: { desktop: DESKTOP, copilotStudio: STUDIO },
};

function guideOf(id: string, target: ConnectTarget = crm): Guide {
  const guide = describeClients(target).find((one) => one.id === id);
  if (!guide) throw new Error(`no guide ${id}`);
  return guide;
}

const copyOf = (id: string, target?: ConnectTarget): string => guideOf(id, target).copies[0]?.text ?? '';

function fieldsOf(id: string, target?: ConnectTarget): Record<string, string> {
  return Object.fromEntries(guideOf(id, target).copies.map(({ label, text }) => [label, text]));
}

describe('what is copied', () => {
  it(proves('connect.snippets', 'is a file for VS Code'), () => {
    expect(JSON.parse(copyOf('vscode'))).toEqual({ servers: { crm: { type: 'http', url: URL_OF_CRM } } });
  });

  it(proves('connect.snippets', 'is a file for Cursor, with a public client and no secret'), () => {
    expect(JSON.parse(copyOf('cursor'))).toEqual({
      mcpServers: { crm: { url: URL_OF_CRM, auth: { CLIENT_ID: DESKTOP, scopes: [SCOPE, 'offline_access'] } } },
    });
  });

  it(proves('connect.snippets', 'is a command for Claude Code, which waits where the redirect URI leads'), () => {
    const command = copyOf('claude-code');
    expect(command).toBe(
      `claude mcp add --transport http --client-id ${DESKTOP} --callback-port 33418 crm ${URL_OF_CRM}`,
    );
    expect(guideOf('claude-code').before).toContain('http://localhost:33418/callback');
  });

  it(proves('connect.snippets', 'is a command for the Inspector'), () => {
    expect(copyOf('inspector')).toBe(
      `npx @modelcontextprotocol/inspector --cli ${URL_OF_CRM} --transport http --method tools/list --client-id ${DESKTOP} --callback-url http://localhost:33418/oauth/callback`,
    );
  });

  it(proves('connect.snippets', 'is what Copilot Studio asks for, field by field, but no secret'), () => {
    expect(fieldsOf('copilot-studio')).toEqual({
      'Server name': 'crm',
      'Server URL': URL_OF_CRM,
      'Client ID': STUDIO,
      'Authorization URL': crm.authorizeUrl,
      'Token URL template': crm.tokenUrl,
      'Refresh URL': crm.tokenUrl,
      Scopes: `${SCOPE} offline_access`,
    });
  });

  it(
    proves('connect.snippets', 'is for Foundry what an identity asks a token for, and names the role it needs'),
    () => {
      const parent = { ...crm, resource: 'https://gateway.example/mcp' };
      expect(fieldsOf('foundry', parent)).toEqual({
        Name: 'crm',
        'Remote MCP server endpoint': URL_OF_CRM,
        Audience: 'https://gateway.example/mcp',
      });
      expect(guideOf('foundry').before).toContain('Mcp.Invoke.All');
    },
  );

  it(proves('connect.snippets', 'says where an id goes that the configuration does not name'), () => {
    const guides = describeClients({ ...crm, clients: {} });
    const lacking = guides.filter(({ copies }) => copies.some(({ text }) => text.includes(CLIENT_PLACEHOLDER)));
    expect(guides.filter(({ lacksClient }) => lacksClient)).toEqual(lacking);
    expect(lacking.map(({ id }) => id)).toEqual(['claude-code', 'cursor', 'copilot-studio', 'inspector']);
    expect(String(connectPage({ name: 'bob', formToken: '', rooms: [] }, { ...crm, clients: {} }))).toContain(
      'ask an administrator',
    );
    expect(String(connectPage({ name: 'bob', formToken: '', rooms: [] }, crm))).not.toContain('ask an administrator');
  });
});

const connect: Connect = {
  servers: ({ groups }) => (groups.includes('finance') ? ['crm', 'ledger'] : []),
  find: ({ groups }, server) => (groups.includes('finance') && server === 'crm' ? crm : undefined),
};

describe('/ui/connect', () => {
  it(proves('connect.page', 'leads to each server that one may use, and shows the texts whole'), async () => {
    const browser = createBrowser(await createScene({ connect }));
    await browser.signIn();
    const list = await browser.get('/ui/connect');
    expect(list.status).toBe(200);
    expect(list.text).toContain('href="/ui/connect/crm"');
    expect(list.text).toContain('href="/ui/connect/ledger"');

    const { status, text } = await browser.get('/ui/connect/crm');
    expect(status).toBe(200);
    for (const { client, copies } of describeClients(crm)) {
      expect(text).toContain(`>${client}</h2>`);
      for (const copy of copies) {
        const escaped = copy.text.replaceAll('"', '&quot;');
        expect(text).toContain(`<pre class="copy">${escaped}</pre>`);
      }
    }
    expect(text).not.toContain('<script');
  });

  it(proves('connect.hidden', 'is not found by whoever may use nothing, and no other server by anybody'), async () => {
    const scene = await createScene({ connect });
    const browser = createBrowser(scene);
    await browser.signIn();
    const missing = await browser.get('/ui/connect/nowhere');
    const hidden = await browser.get('/ui/connect/ledger');
    expect([missing.status, hidden.status]).toEqual([404, 404]);
    expect(hidden.text.replace(/name="token" value="[^"]*"/, '')).toBe(
      missing.text.replace(/name="token" value="[^"]*"/, ''),
    );

    const nobody = createBrowser(await createScene());
    await nobody.signIn();
    expect((await nobody.get('/ui/connect')).status).toBe(404);
    expect((await nobody.get('/ui/connect/crm')).status).toBe(404);
  });

  it('sends whoever is not signed in to sign in, and back', async () => {
    const { status, location } = await createBrowser(await createScene({ connect })).get('/ui/connect/crm');
    expect([status, location]).toEqual([302, '/ui/sign-in?return=%2Fui%2Fconnect%2Fcrm']);
  });
});
