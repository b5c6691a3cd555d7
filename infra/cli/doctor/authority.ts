/**
 * Whether the authority that the gateway sends clients to is one tenant's, exists, and says the same of itself: issuer
 * and signing keys (OpenID Connect Discovery §4.3). Its address comes from the gateway, so it is held to the rule of all
 * addresses before it is asked.
 */
import { z } from 'zod';
import { findUrlMistake, urlMistakeMessages } from '../../../shared/config/loopback.ts';
import { describeResource } from '../../../shared/identity/resource-metadata.ts';
import { askPage, type Fetch } from './ask-page.ts';
import { broken, type Check, count, type Finding, well } from './check.ts';

export interface AuthorityOptions {
  readonly gateway: string;
  /** Any one of them: all send to the same. */
  readonly server: string;
  readonly resource: 'exact' | 'parent';
  /** Where it has to be; undefined: of any one tenant. */
  readonly issuer?: string;
  readonly fetch: Fetch;
}

const NAME = 'entra';
const SETTINGS = 'Set ENTRA_TENANT_ID and ENTRA_AUTHORITY_HOST of the app to those of your tenant';
/** Of one tenant: under `common` and `organizations` anybody's directory could sign people in. */
const ONE_TENANT = /\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/v2\.0$/i;

const metadataSchema = z.object({ authorization_servers: z.tuple([z.string()]) });
const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.string() });
const keysSchema = z.object({ keys: z.array(z.object({ kty: z.string(), kid: z.string() })) });

export function createAuthorityCheck(options: AuthorityOptions): Check {
  const { gateway: publicUrl, server, resource, fetch } = options;
  const { metadataUrl } = describeResource(server, { publicUrl, resource, scope: '' });
  return {
    name: NAME,
    async look(signal) {
      const metadata = metadataSchema.safeParse((await askPage(fetch, metadataUrl, signal)).json);
      if (!metadata.success) return [broken(NAME, 'the gateway names no one authority', SETTINGS)];
      const [issuer] = metadata.data.authorization_servers;
      const mistake = findIssuerMistake(issuer, options.issuer);
      if (mistake !== undefined) return [broken(NAME, mistake, SETTINGS)];
      const discovery = await askPage(fetch, `${issuer}/.well-known/openid-configuration`, signal);
      const described = discoverySchema.safeParse(discovery.json);
      if (discovery.status !== 200 || !described.success) {
        return [
          broken(NAME, `${issuer} does not describe itself (${discovery.status}): is there such a tenant?`, SETTINGS),
        ];
      }
      if (described.data.issuer !== issuer) {
        return [broken(NAME, `${issuer} calls itself ${described.data.issuer}: its tokens are refused`, SETTINGS)];
      }
      return [await judgeKeys(issuer, described.data.jwks_uri, fetch, signal)];
    },
  };
}

function findIssuerMistake(issuer: string, expected: string | undefined): string | undefined {
  const mistake = findUrlMistake(issuer);
  if (mistake !== undefined) return `the authority that the gateway names ${urlMistakeMessages[mistake]}`;
  if (!ONE_TENANT.test(issuer)) return `${issuer} is not one tenant’s`;
  if (expected !== undefined && issuer !== expected)
    return `the gateway sends clients to ${issuer} instead of ${expected}`;
  return undefined;
}

async function judgeKeys(issuer: string, url: string, fetch: Fetch, signal: AbortSignal): Promise<Finding> {
  const mistake = findUrlMistake(url);
  if (mistake !== undefined)
    return broken(NAME, `the address of its signing keys ${urlMistakeMessages[mistake]}`, SETTINGS);
  const keys = keysSchema.safeParse((await askPage(fetch, url, signal)).json);
  const usable = keys.success ? keys.data.keys.filter(({ kty }) => kty === 'RSA').length : 0;
  if (usable === 0) return broken(NAME, `${issuer} publishes no signing key that the gateway takes`, SETTINGS);
  return well(NAME, `${issuer}, ${count(usable, 'signing key')}`);
}
