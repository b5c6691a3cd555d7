/**
 * Mints access tokens directly: good ones for `npm run token`, bad ones for the tests of those who verify tokens
 * (another key, `alg: none`, a public key used as a secret, wrong times). Never asked by the OAuth endpoints.
 */
import { createHmac, createPublicKey, randomBytes } from 'node:crypto';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import { z } from 'zod';
import { accessTokenClaims, type Subject } from './claims.ts';
import { type App, type Directory, findApp, findUser, scopeOf } from './directory.ts';
import { createSigningKey, type EntraKeys } from './keys.ts';

const TTL_SECONDS = 3_600;

export const tokenRequestSchema = z.strictObject({
  /** A person, by name, object id or user principal name. */
  user: z.string().optional(),
  /** An app by itself (app-only), by name or client id. Exactly one of `user` and `app`. */
  app: z.string().optional(),
  /** The client that the user calls through; default `assistant`. */
  agent: z.string().optional(),
  /** Lifetime from now, seconds; negative: already expired. Default 3,600. */
  ttlSeconds: z.int().optional(),
  /** `nbf` and `iat` from now, seconds; positive: not yet valid. Default 0. */
  validFromSeconds: z.int().optional(),
  /** Default: the gateway registration's `requestedAccessTokenVersion`. */
  version: z.literal([1, 2]).optional(),
  /** Default: the gateway's (client id in version 2, `api://{client id}` in version 1). */
  audience: z.string().optional(),
  /** Short names, space-separated; empty: none. Default: what the client was given. */
  scope: z.string().optional(),
  /** Default: the roles assigned to the app. */
  roles: z.array(z.string()).optional(),
  tenant: z.string().optional(),
  issuer: z.string().optional(),
  groups: z.array(z.string()).optional(),
  /** `none`: unsigned. `HS256`: signed with our public key as the secret. Default RS256. */
  alg: z.enum(['RS256', 'HS256', 'none']).optional(),
  /** `foreign`: a key that is not ours under our key id; `unknown`: one under an id of its own. Default `ours`. */
  key: z.enum(['ours', 'foreign', 'unknown']).optional(),
  /** Put over all others; `null` takes a claim away. */
  claims: z.record(z.string(), z.unknown()).optional(),
});

export type TokenRequest = z.infer<typeof tokenRequestSchema>;

/** The request names somebody who is not in the directory. The message is for the terminal. */
export class UnknownName extends Error {}

export interface TokenIssuer {
  issue(request: TokenRequest): Promise<string>;
}

export function createTokenIssuer(options: {
  readonly directory: Directory;
  readonly keys: EntraKeys;
  readonly issuer: string;
  readonly gatewayClientId: string;
}): TokenIssuer {
  const { directory, keys, issuer, gatewayClientId } = options;
  let foreignKey: Promise<EntraKeys['signingKey']> | undefined;

  function getForeignKey(): Promise<EntraKeys['signingKey']> {
    foreignKey ??= createSigningKey();
    return foreignKey;
  }

  async function issue(request: TokenRequest): Promise<string> {
    const version = request.version ?? directory.accessTokenVersion;
    const tenantId = request.tenant ?? directory.tenantId;
    const claims = accessTokenClaims({
      directory: { ...directory, tenantId },
      issuer: issuer.replace(directory.tenantId, tenantId),
      version,
      audience: request.audience ?? (version === 2 ? gatewayClientId : `api://${gatewayClientId}`),
      subject: findSubject(directory, request),
    });
    const nowSeconds = Math.floor(Date.now() / 1000);
    const from = nowSeconds + (request.validFromSeconds ?? 0);
    const payload = {
      ...claims,
      ...(request.issuer === undefined ? {} : { iss: request.issuer }),
      iat: from,
      nbf: from,
      exp: nowSeconds + (request.ttlSeconds ?? TTL_SECONDS),
      uti: createTokenId(),
      ...request.claims,
    };
    return sign(request, Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== null)));
  }

  async function sign({ alg = 'RS256', key = 'ours' }: TokenRequest, payload: JWTPayload): Promise<string> {
    const signingKey = key === 'ours' ? keys.signingKey : await getForeignKey();
    const header = { typ: 'JWT', alg, kid: key === 'unknown' ? signingKey.kid : keys.signingKey.kid };
    if (alg === 'RS256') {
      return new SignJWT(payload).setProtectedHeader(header).sign(await importJWK(signingKey, 'RS256'));
    }
    const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    if (alg === 'none') return `${signed}.`;
    const publicKey = createPublicKey({ key: { ...signingKey }, format: 'jwk' });
    const secret = publicKey.export({ type: 'spki', format: 'pem' });
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  }

  return { issue };
}

/** Entra's `uti`: 16 random bytes. */
export function createTokenId(): string {
  return randomBytes(16).toString('base64url');
}

function findSubject(directory: Directory, request: TokenRequest): Subject {
  const { user: who, app } = request;
  if ((who === undefined) === (app === undefined)) throw new UnknownName('name one of user and app');
  if (app !== undefined) {
    const client = demandApp(directory, app);
    return { kind: 'app', client, roles: request.roles ?? client.roles };
  }
  const user = findUser(directory, who ?? '');
  if (!user) {
    const known = directory.users.map(({ name }) => name).join(', ');
    throw new UnknownName(`no user is named ${who} (there are ${known})`);
  }
  const client = demandApp(directory, request.agent ?? 'assistant');
  const scopes = (request.scope ?? scopeOf(directory, client)).split(' ').filter((name) => name !== '');
  return { kind: 'user', user: { ...user, groups: request.groups ?? user.groups }, client, scopes };
}

function demandApp(directory: Directory, name: string): App {
  const app = findApp(directory, name);
  if (app) return app;
  const known = directory.apps.map((each) => each.name).join(', ');
  throw new UnknownName(`no app is named ${name} (there are ${known})`);
}
