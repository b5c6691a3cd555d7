/**
 * Whether a client that knows nothing but a server's URL finds its way: it is challenged (RFC 9728 §5.1), the metadata
 * names that very URL and a scope under it, and the authority that it names exists and says the same of itself. Entra
 * compares resource and identifier URI character for character (FACTS §2).
 */
import { z } from 'zod';
import { describeResource } from '../../../shared/identity/resource-metadata.ts';
import { askPage, type Fetch } from './ask-page.ts';
import { broken, type Check, type Finding, well } from './check.ts';

export interface ResourceCheckOptions {
  readonly gateway: string;
  readonly server: string;
  readonly resource: 'exact' | 'parent';
  /** Short name of the delegated scope. */
  readonly scope: string;
  readonly fetch: Fetch;
}

const metadataSchema = z.object({
  resource: z.string(),
  authorization_servers: z.array(z.string()).min(1),
  scopes_supported: z.array(z.string()),
});

const ADDRESS_ADVICE =
  'SALLYPORT_PUBLIC_URL, the address in --url and the identifier URIs of the registration must be the same, to the letter';

export function createMetadataCheck(options: ResourceCheckOptions): Check {
  const name = `metadata ${options.server}`;
  const expected = describeExpected(options);
  return {
    name,
    async look(signal) {
      const { status, json } = await askPage(options.fetch, expected.metadataUrl, signal);
      const metadata = metadataSchema.safeParse(json);
      if (status !== 200 || !metadata.success) {
        const advice = 'A proxy in front must pass /.well-known/oauth-protected-resource/ on as it is';
        return [broken(name, `${expected.metadataUrl} answered ${status}, and no metadata`, advice)];
      }
      const { resource, scopes_supported: scopes } = metadata.data;
      if (resource !== expected.resource) {
        return [broken(name, `it calls itself ${resource}, but was asked as ${expected.resource}`, ADDRESS_ADVICE)];
      }
      if (scopes.length !== 1 || scopes[0] !== expected.scope) {
        const advice =
          'The gateway runs another configuration than this folder’s: deploy it, or name the right --config';
        return [broken(name, `it asks for the scopes ${scopes.join(' ')} instead of ${expected.scope}`, advice)];
      }
      return [well(name, `${resource}, scope ${options.scope}`)];
    },
  };
}

export function createChallengeCheck(options: ResourceCheckOptions): Check {
  const { gateway, server, fetch } = options;
  const name = `challenge ${server}`;
  const expected = describeExpected(options);
  return {
    name,
    async look(signal) {
      const { status, headers } = await askPage(fetch, `${gateway}/mcp/${server}`, signal, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      });
      return [judgeChallenge(name, status, headers.get('www-authenticate') ?? '', expected)];
    },
  };
}

function judgeChallenge(name: string, status: number, challenge: string, expected: { metadataUrl: string }): Finding {
  if (status !== 401) {
    const advice =
      status >= 200 && status < 300
        ? 'Take the gateway off the network: something there answers calls without a token'
        : 'Nothing in front of the gateway may answer for it: not App Service authentication, not a proxy';
    return broken(name, `a call without a token was answered ${status} instead of 401`, advice);
  }
  const [, url] = /^Bearer (?:.*, *)?resource_metadata="([^"]*)"/i.exec(challenge) ?? [];
  if (url === undefined) {
    const advice = 'A proxy in front must leave WWW-Authenticate alone; App Service authentication must be off';
    return broken(name, '401 came without resource_metadata, so no client can sign in', advice);
  }
  if (url !== expected.metadataUrl) {
    return broken(name, `it leads to ${url} instead of ${expected.metadataUrl}`, ADDRESS_ADVICE);
  }
  return well(name, 'a call without a token gets 401 and the way to one');
}

function describeExpected({ gateway, server, resource, scope }: ResourceCheckOptions) {
  return describeResource(server, { publicUrl: gateway, resource, scope });
}
