/**
 * Entra's code flow by MSAL, as a confidential client without a secret: the managed identity's token for the token
 * exchange is the client assertion (a federated credential of the registration). Every sign-in has an MSAL client of
 * its own, so nothing of anybody stays in a token cache. All endpoints are given: nothing is discovered on the way,
 * which also lets plain http through to this machine, where `entra.authorityHost` may be a stand-in.
 */
import type { TokenCredential } from '@azure/identity';
import {
  AuthError,
  ConfidentialClientApplication,
  type INetworkModule,
  type NetworkRequestOptions,
  type NetworkResponse,
  ServerError,
} from '@azure/msal-node';
import type { CodeFlow } from '../identity/web-sign-in.ts';
import { err, ok } from '../result.ts';
import { within } from './deadline.ts';
import type { EntraEnvironment } from './environment.ts';

export interface MsalCodeFlowOptions {
  readonly entra: Pick<EntraEnvironment, 'tenantId' | 'clientId' | 'authorityHost' | 'v2Issuer' | 'keysUrl'>;
  /** The managed identity that the registration trusts. */
  readonly credential: TokenCredential;
  /** For redeeming one code, the assertion included; milliseconds, default 10,000. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 10_000;
/** Openid alone gets an ID token; MSAL adds `profile` and `offline_access`, and what comes of the latter is dropped. */
const SCOPES = ['openid', 'profile'];

/** The audience of federated credentials, by cloud. */
const EXCHANGE_SCOPES: Readonly<Record<string, string>> = {
  'login.microsoftonline.us': 'api://AzureADTokenExchangeUSGov/.default',
  'login.partner.microsoftonline.cn': 'api://AzureADTokenExchangeChina/.default',
};
const EXCHANGE_SCOPE = 'api://AzureADTokenExchange/.default';

export function createMsalCodeFlow({ entra, credential, deadlineMs = DEADLINE_MS }: MsalCodeFlowOptions): CodeFlow {
  const { tenantId, clientId, authorityHost, v2Issuer, keysUrl } = entra;
  const { protocol, host } = new URL(authorityHost);
  // MSAL takes no http authority; the endpoints beside it are what it asks.
  const authority = `${protocol === 'https:' ? authorityHost : 'https://login.microsoftonline.com'}/${tenantId}`;
  const authorityMetadata = JSON.stringify({
    authorization_endpoint: `${authorityHost}/${tenantId}/oauth2/v2.0/authorize`,
    token_endpoint: `${authorityHost}/${tenantId}/oauth2/v2.0/token`,
    end_session_endpoint: `${authorityHost}/${tenantId}/oauth2/v2.0/logout`,
    issuer: v2Issuer,
    jwks_uri: keysUrl,
  });
  const exchangeScope = EXCHANGE_SCOPES[host] ?? EXCHANGE_SCOPE;

  async function assertIdentity(signal: AbortSignal): Promise<string> {
    const token = await credential.getToken(exchangeScope, { abortSignal: signal });
    if (token === null) throw new Error('the managed identity gave no token for the token exchange');
    return token.token;
  }

  function createClient(
    signal: AbortSignal,
    onNetworkFailure?: (cause: unknown) => void,
  ): ConfidentialClientApplication {
    return new ConfidentialClientApplication({
      auth: {
        clientId,
        authority,
        authorityMetadata,
        knownAuthorities: [new URL(authority).host],
        clientAssertion: () => assertIdentity(signal),
      },
      system: { networkClient: createNetwork(signal, onNetworkFailure), disableInternalRetries: true },
    });
  }

  return {
    signInUrl(request) {
      const { redirectUri, state, nonce, codeChallenge } = request;
      const client = createClient(AbortSignal.timeout(deadlineMs));
      return client.getAuthCodeUrl({
        scopes: SCOPES,
        redirectUri,
        state,
        nonce,
        codeChallenge,
        codeChallengeMethod: 'S256',
        responseMode: 'query',
      });
    },
    async redeem({ redirectUri, code, codeVerifier, nonce }) {
      const signal = AbortSignal.timeout(deadlineMs);
      let networkFailure: unknown;
      const client = createClient(signal, (cause) => {
        networkFailure = cause;
      });
      try {
        const redeem = client.acquireTokenByCode({ scopes: SCOPES, redirectUri, code, codeVerifier, nonce });
        const { idToken } = await within(signal, redeem);
        return ok(idToken);
      } catch (cause) {
        const refusal = describeRefusal(cause);
        if (refusal !== undefined) return err({ reason: 'sign-in-refused', detail: refusal });
        // Of a network failure MSAL says no more than that it was one.
        return err({ reason: 'authority-unavailable', cause: networkFailure ?? cause });
      }
    },
  };
}

/** What the authority said, without what we sent; undefined where it said nothing, or that it can't. */
function describeRefusal(cause: unknown): string | undefined {
  if (
    cause instanceof ServerError &&
    cause.errorCode !== 'temporarily_unavailable' &&
    cause.errorCode !== 'server_error'
  ) {
    return `the authority answered ${cause.errorCode}${cause.errorNo ? ` (${cause.errorNo})` : ''}`;
  }
  if (cause instanceof AuthError && /nonce|token_claims|id_token/.test(cause.errorCode)) {
    return `the ID token does not fit: ${cause.errorCode}`;
  }
  return undefined;
}

/** MSAL's own client follows redirects and has no deadline for a POST. */
function createNetwork(signal: AbortSignal, onFailure?: (cause: unknown) => void): INetworkModule {
  async function send<T>(method: string, url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    try {
      const { headers = {}, body } = options ?? {};
      const response = await fetch(url, { method, headers, body: body ?? null, redirect: 'error', signal });
      if (response.status === 429 || response.status >= 500) {
        throw new Error(`the authority answered ${response.status}`);
      }
      // `T` is MSAL's to say and to check.
      const answer: T = JSON.parse(await response.text());
      return { status: response.status, headers: Object.fromEntries(response.headers), body: answer };
    } catch (cause) {
      onFailure?.(cause);
      throw cause;
    }
  }
  return {
    sendGetRequestAsync: (url, options) => send('GET', url, options),
    sendPostRequestAsync: (url, options) => send('POST', url, options),
  };
}
