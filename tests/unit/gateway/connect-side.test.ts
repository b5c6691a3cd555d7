/** Whose servers are theirs to connect to, and that each is described as its resource metadata describes it. */
import { describe, expect, it } from 'vitest';
import type { Person } from '../../../shared/approvals/inbox.ts';
import type { Config } from '../../../shared/config/config.ts';
import { createConnect } from '../../../shared/gateway/connect-side.ts';
import { createRooms } from '../../../shared/gateway/rooms.ts';
import { answerResourceMetadata } from '../../../shared/identity/resource-metadata.ts';
import { proves } from '../../requirements.ts';
import { createScene, TENANT } from '../approvals/scene.ts';

const publicUrl = 'https://gateway.example';
const GATEWAY = '5a11e000-0000-4000-8000-0000000000c0';
const DESKTOP = '5a11e000-0000-4000-8000-0000000000c1';
const entra = {
  tenantId: TENANT,
  clientId: GATEWAY,
  v1Issuer: `https://sts.example/${TENANT}/`,
  v2Issuer: `https://login.example/${TENANT}/v2.0`,
  keysUrl: `https://login.example/${TENANT}/discovery/v2.0/keys`,
};

const scene = await createScene();
const parts = { config: scene.configs.freely.asPinned, policy: scene.engines.freely, nowMs: () => 0 };
const withIdentity = (more: Partial<Config['identity']>) => ({
  ...parts,
  config: { ...parts.config, identity: { ...parts.config.identity, ...more } },
});

const alice: Person = {
  tenant: TENANT,
  principal: { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b1', guest: false },
  groups: ['support'],
  channel: 'page',
  agent: { id: GATEWAY },
  address: '203.0.113.7',
  tokenId: 'session-1',
};
const mallory: Person = { ...alice, groups: [] };

describe('servers to connect to', () => {
  const connect = createConnect(parts, { entra, publicUrl });

  it(proves('connect.hidden', 'are those that policy lets the person use'), () => {
    expect(connect.servers(alice)).toEqual(['crm', 'erp']);
    expect(connect.servers(mallory)).toEqual([]);
    expect(connect.find(alice, 'crm')).toMatchObject({ server: 'crm' });
    expect(connect.find(mallory, 'crm')).toBeUndefined();
    expect(connect.find(alice, 'nowhere')).toBeUndefined();
    expect(connect.find(alice, '_gateway')).toBeUndefined();
  });

  it(proves('connect.hidden', 'lead the bar to their room, and nobody else’s'), () => {
    const rooms = createRooms(parts, connect);
    expect(rooms(alice)).toContain('connect');
    expect(rooms(mallory)).not.toContain('connect');
  });

  it('count as theirs where policy asks for one of the clients that are named', () => {
    const policy = { ...parts.policy, mayUse: ({ agent }: { agent: { id: string } }) => agent.id === DESKTOP };
    expect(createConnect({ ...parts, policy }, { entra, publicUrl }).servers(alice)).toEqual([]);
    const named = { ...withIdentity({ clients: { desktop: DESKTOP } }), policy };
    expect(createConnect(named, { entra, publicUrl }).servers(alice)).toEqual(['crm', 'erp']);
  });

  it.each(['exact', 'parent'] as const)(
    proves('connect.page', 'are described as their resource metadata describes them: %s'),
    (resource) => {
      const target = createConnect(withIdentity({ resource }), { entra, publicUrl }).find(alice, 'crm');
      const options = { publicUrl, resource, scope: 'Mcp.Invoke', issuer: entra.v2Issuer };
      const metadata: unknown = JSON.parse(answerResourceMetadata('mcp/crm', options).body);
      expect(metadata).toMatchObject({ resource: target?.resource, scopes_supported: [target?.scope] });
      expect(target).toMatchObject({
        url: 'https://gateway.example/mcp/crm',
        authorizeUrl: `https://login.example/${TENANT}/oauth2/v2.0/authorize`,
        tokenUrl: `https://login.example/${TENANT}/oauth2/v2.0/token`,
        clients: {},
      });
    },
  );
});
