/** What a server says of itself as an OAuth protected resource (RFC 9728). */
import { describe, expect, it } from 'vitest';
import { answerTokenFailure } from '../../../shared/identity/challenge.ts';
import { answerResourceMetadata, describeResource } from '../../../shared/identity/resource-metadata.ts';
import { proves } from '../../requirements.ts';
import { v2Issuer } from './tokens.ts';

const exact = { publicUrl: 'http://127.0.0.1:7071', resource: 'exact', scope: 'Mcp.Invoke', issuer: v2Issuer } as const;
const parent = { ...exact, resource: 'parent' } as const;

describe('answerResourceMetadata', () => {
  it(proves('identity.metadata', 'names the exact resource, the tenant’s issuer and the whole scope'), () => {
    const { status, headers, body } = answerResourceMetadata('mcp/crm', exact);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body)).toEqual({
      resource: 'http://127.0.0.1:7071/mcp/crm',
      authorization_servers: [v2Issuer],
      scopes_supported: ['http://127.0.0.1:7071/mcp/crm/Mcp.Invoke'],
      bearer_methods_supported: ['header'],
    });
  });

  it(proves('identity.metadata', 'names one resource for all servers where the tenant wants one'), () => {
    const answers = ['mcp', 'mcp/crm', 'mcp/payroll'].map((path) => answerResourceMetadata(path, parent));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({
      resource: 'http://127.0.0.1:7071/mcp',
      scopes_supported: ['http://127.0.0.1:7071/mcp/Mcp.Invoke'],
    });
  });

  it('says the same of a server that does not exist as of one that does', () => {
    const [real, absent] = ['crm', 'nowhere'].map((server) => answerResourceMetadata(`mcp/${server}`, exact));
    expect(absent?.body.replaceAll('nowhere', 'crm')).toBe(real?.body);
    expect(absent?.headers).toEqual(real?.headers);
  });

  it.each([
    '',
    'mcp',
    'mcp/',
    'mcp/crm/',
    'mcp/crm/x',
    '/mcp/crm',
    'mcp/CRM',
    'mcp/_gateway',
    'mcp/..',
    'mcp/a"b',
    'api/crm',
    `mcp/${'c'.repeat(33)}`,
  ])('has nothing at %j', (path) => {
    expect(answerResourceMetadata(path, exact)).toMatchObject({ status: 404, body: '{"error":"not_found"}' });
  });

  it.each([exact, parent])('stands where the challenge says, for $resource', (options) => {
    const { metadataUrl, resource } = describeResource('crm', options);
    const path = new URL(metadataUrl).pathname.replace('/.well-known/oauth-protected-resource/', '');
    expect(JSON.parse(answerResourceMetadata(path, options).body)).toMatchObject({ resource });
  });
});

it('a challenge keeps its values inside their quotes', () => {
  const description = { resource: '', metadataUrl: 'https://h/"x\\\r\nSet-Cookie: a=b', scope: 'é"' };
  const { headers } = answerTokenFailure({ reason: 'missing' }, description);
  expect(headers['www-authenticate']).toBe('Bearer resource_metadata="https://h/\\"x\\\\Set-Cookie: a=b", scope="\\""');
});
