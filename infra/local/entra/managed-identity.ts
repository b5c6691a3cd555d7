/**
 * The platform's token endpoint for managed identities as App Service and Functions offer it (`IDENTITY_ENDPOINT`,
 * `IDENTITY_HEADER`, api-version 2019-08-01). Gives version 1 tokens whose audience is the resource as it was asked
 * for, and version 2 ones for the token exchange, whose issuer federated credentials name. It does not imitate: object
 * and resource ids of user-assigned identities, or refusing an unknown resource.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson } from '../http.ts';
import { TOKEN_EXCHANGE_AUDIENCE } from './client-proof.ts';
import type { App } from './directory.ts';
import type { TokenIssuer } from './issue-token.ts';

const API_VERSION = '2019-08-01';
/** A managed identity's token lives a day. */
const TTL_SECONDS = 86_400;

export interface ManagedIdentity {
  serve(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export function createManagedIdentity(options: {
  readonly identity: App;
  readonly header: string;
  readonly tokens: TokenIssuer;
}): ManagedIdentity {
  const { identity, header, tokens } = options;

  function refuse(response: ServerResponse, status: number, message: string): void {
    sendJson(response, status, { statusCode: status, message });
  }

  async function serve(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const resource = url.searchParams.get('resource');
    const clientId = url.searchParams.get('client_id');
    if (!isSame(request.headers['x-identity-header'], header)) return refuse(response, 401, 'Unauthorized');
    if (url.searchParams.get('api-version') !== API_VERSION) return refuse(response, 400, `api-version=${API_VERSION}`);
    if (!resource) return refuse(response, 400, 'resource is missing');
    if (clientId !== null && clientId !== identity.clientId) {
      return refuse(response, 400, 'No User Assigned or Delegated Managed Identity found for specified ClientId');
    }
    const expiresOn = Math.floor(Date.now() / 1000) + TTL_SECONDS;
    const token = await tokens.issue({
      app: identity.name,
      version: resource === TOKEN_EXCHANGE_AUDIENCE ? 2 : 1,
      audience: resource,
      ttlSeconds: TTL_SECONDS,
    });
    sendJson(response, 200, {
      access_token: token,
      expires_on: String(expiresOn),
      resource,
      token_type: 'Bearer',
      client_id: identity.clientId,
    });
  }

  return { serve };
}

function isSame(given: string | string[] | undefined, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(expected));
}
