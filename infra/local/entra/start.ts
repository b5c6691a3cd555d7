/**
 * A stand-in for Microsoft Entra ID (LOCAL-STACK §D, FACTS §2) with the sample tenant in it: discovery, keys, code
 * with PKCE, refresh, client credentials, the gateway's own sign-in by a federated credential, the managed-identity
 * endpoint, and `/_token`, which mints any token.
 * It does NOT imitate: passwords, MFA, consent screens, single sign-on, other tenants and guests, certificates and
 * on-behalf-of, device code, sign-out, SPA clients (CORS), Graph, AADSTS numbers beyond a few, tokens for resources
 * other than the gateway (but by managed identity), key rotation, revocation, a pairwise `sub` in ID tokens. Codes and
 * refresh tokens end with it.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Faults } from '../faults.ts';
import { HttpProblem, readJson, sendJson } from '../http.ts';
import { replaceJsonFile } from '../json-file.ts';
import { type Handler, type StandIn, startStandIn } from '../stand-in.ts';
import { v1Issuer } from './claims.ts';
import { createClientProof } from './client-proof.ts';
import { type App, type Directory, findApp, sampleDirectory } from './directory.ts';
import { createResources, gatewayApp } from './identifiers.ts';
import {
  createTokenIssuer,
  type TokenIssuer,
  type TokenRequest,
  tokenRequestSchema,
  UnknownName,
} from './issue-token.ts';
import { type EntraKeys, keysFileOf, loadKeys } from './keys.ts';
import { createManagedIdentity } from './managed-identity.ts';
import { discoveryDocument, endpointsOf, keySet } from './metadata.ts';
import { createProvider } from './provider.ts';
import { answerSignInPage, signedInUser } from './sign-in.ts';

/** Redirect URI of the gateway's registration, below its public URL. */
const SIGN_IN_CALLBACK = '/ui/sign-in/callback';

export interface EntraOptions {
  /** 0: the one it had before in this folder, or any free one. */
  readonly port: number;
  /** Kept in `{folder}/entra.json`: signing key, client secrets, port. Absent: in memory. */
  readonly folder?: string;
  /** The gateway's public URL, no trailing slash; may be set later. */
  readonly publicUrl: string;
  /** The gateway's MCP servers, for its identifier URIs. */
  readonly servers: readonly string[];
  readonly directory?: Directory;
}

export interface Entra {
  /** The authority host: `http://127.0.0.1:{port}`. */
  readonly url: string;
  readonly tenantId: string;
  /** `{url}/{tenant}`: what MSAL and a Key Vault challenge call the authority. */
  readonly authority: string;
  /** Of version 2 tokens: `{url}/{tenant}/v2.0`. */
  readonly issuer: string;
  /** Of version 1 tokens: `https://sts.windows.net/{tenant}/`. */
  readonly v1Issuer: string;
  /** The signing keys of both versions. */
  readonly keysUrl: string;
  /** The gateway's app registration. */
  readonly clientId: string;
  /** The platform's `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`, and the client id of the identity it gives tokens of. */
  readonly identity: { readonly endpoint: string; readonly header: string; readonly clientId: string };
  readonly faults: Faults;
  /** Of a confidential app, by name. Throws for any other. */
  clientSecret(appName: string): string;
  setPublicUrl(url: string): void;
  /** Throws `UnknownName` for whom the directory does not know. */
  issueToken(request: TokenRequest): Promise<string>;
  stop(): Promise<void>;
}

export async function startEntra(options: EntraOptions): Promise<Entra> {
  const { folder, directory = sampleDirectory } = options;
  const keys = await loadKeys(folder, directory);
  let { publicUrl } = options;
  const resources = createResources({ directory, servers: options.servers, publicUrl: () => publicUrl });
  const gateway = gatewayApp(directory);
  let tokens: TokenIssuer | undefined;

  function createHandler(url: string): Handler {
    const endpoints = endpointsOf(`${url}/${directory.tenantId}`, directory);
    const issuer = createTokenIssuer({ directory, keys, issuer: endpoints.issuer, gatewayClientId: gateway.clientId });
    tokens = issuer;
    const gatewaySecret = randomBytes(32).toString('base64url');
    const gatewayRedirectUris = () => [publicUrl + SIGN_IN_CALLBACK];
    const serveOAuth = createProvider({
      directory,
      keys,
      endpoints,
      resources,
      gatewaySecret,
      gatewayRedirectUris,
    }).callback();
    const identity = managedIdentityOf(directory);
    const managedIdentity = createManagedIdentity({ identity, header: keys.identityHeader, tokens: issuer });
    const clientProof = createClientProof({
      gateway,
      gatewaySecret,
      identity,
      issuer: endpoints.issuer,
      keySet: keySet(endpoints.issuer, keys),
    });

    async function answerTokenRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const proven = await clientProof.prove(request);
      if (proven.ok) await serveOAuth(proven.request, response);
      else sendJson(response, 401, proven.error);
    }

    async function authorize(target: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
      const query = target.searchParams;
      const user = signedInUser(directory, query);
      if (!user && query.get('prompt') !== 'none') return answerSignInPage(directory, query, response);
      // No session is ever kept, so a cookie means nothing; and consent is what oidc-provider ties refresh tokens to.
      delete request.headers.cookie;
      query.delete('user');
      if (user) {
        query.set('user', user.name);
        if (query.get('prompt') !== 'none') query.set('prompt', 'consent');
      }
      request.url = target.pathname + target.search;
      await serveOAuth(request, response);
    }

    return async (request, response) => {
      const target = new URL(request.url ?? '/', url);
      const path = target.pathname;
      const operation = `${request.method} ${path}`;
      if (request.method === 'GET' && endpoints.discovery.includes(path)) {
        sendJson(response, 200, discoveryDocument(url, endpoints));
      } else if (operation === `GET ${endpoints.keys}`) sendJson(response, 200, keySet(endpoints.issuer, keys));
      else if (operation === `GET ${endpoints.authorize}`) await authorize(target, request, response);
      else if (operation === `POST ${endpoints.token}`) await answerTokenRequest(request, response);
      else if (operation === 'GET /msi/token') await managedIdentity.serve(target, request, response);
      else if (operation === 'POST /_token') await answerToken(issuer, request, response);
      else throw new HttpProblem(404, `no such operation: ${operation}`);
    };
  }

  const standIn = await startOnOldPort(options, keys, createHandler);
  if (folder !== undefined) {
    await replaceJsonFile(keysFileOf(folder), { ...keys, port: Number(new URL(standIn.url).port) });
  }
  const authority = `${standIn.url}/${directory.tenantId}`;
  const { issuer, keys: keysPath } = endpointsOf(authority, directory);

  return {
    url: standIn.url,
    tenantId: directory.tenantId,
    authority,
    issuer,
    v1Issuer: v1Issuer(directory.tenantId),
    keysUrl: standIn.url + keysPath,
    clientId: gateway.clientId,
    identity: {
      endpoint: `${standIn.url}/msi/token`,
      header: keys.identityHeader,
      clientId: managedIdentityOf(directory).clientId,
    },
    faults: standIn.faults,
    clientSecret(appName) {
      const secret = keys.clientSecrets[appName];
      if (secret === undefined) throw new UnknownName(`${appName} is not a confidential app`);
      return secret;
    },
    setPublicUrl(url) {
      publicUrl = url;
    },
    issueToken(request) {
      if (!tokens) throw new Error('the token issuer exists as soon as the stand-in listens');
      return tokens.issue(request);
    },
    stop: standIn.stop,
  };
}

/** The port stands in the issuer of every token, so a free choice is made once per folder and kept while it is free. */
async function startOnOldPort(
  { port }: EntraOptions,
  keys: EntraKeys,
  createHandler: (url: string) => Handler,
): Promise<StandIn> {
  const start = (on: number) => startStandIn({ name: 'entra', port: on, createHandler });
  if (port !== 0 || keys.port === undefined) return start(port);
  return start(keys.port).catch(() => start(0));
}

async function answerToken(tokens: TokenIssuer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const wanted = tokenRequestSchema.safeParse(await readJson(request));
  if (!wanted.success) throw new HttpProblem(400, z.prettifyError(wanted.error));
  try {
    sendJson(response, 200, { access_token: await tokens.issue(wanted.data) });
  } catch (error) {
    if (error instanceof UnknownName) throw Object.assign(new HttpProblem(404, error.message), { cause: error });
    throw error;
  }
}

function managedIdentityOf(directory: Directory): App {
  const identity = findApp(directory, 'gateway-identity');
  if (!identity) throw new Error('the directory has no app named gateway-identity');
  return identity;
}
