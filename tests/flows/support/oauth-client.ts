/**
 * The part of an OAuth client that an application writes itself, for both SDKs: a pre-registered client id (Entra has no
 * dynamic registration), memory for tokens, and a browser that alice sits at: it follows the redirect by fetch.
 */
export const ASSISTANT = '5a11e000-0000-4000-8000-0000000000c1';
const REDIRECT_URI = 'http://localhost:43210/callback';

interface Tokens {
  access_token: string;
  token_type: string;
  refresh_token?: string | undefined;
  scope?: string | undefined;
  expires_in?: number | undefined;
  id_token?: string | undefined;
}

export interface Visit {
  /** Where the client sent the browser. */
  readonly url: URL;
  /** What the browser brought back. */
  readonly callback: URLSearchParams;
}

export function createAssistant(user: string) {
  const visits: Visit[] = [];
  const saves: Tokens[] = [];
  let current: Tokens | undefined;
  let verifier = '';
  let discovery: unknown;
  return {
    visits,
    /** Every token answer, in order. */
    saves,
    /** Puts another access token in place of the one it has: expired, or without the scope. */
    replaceToken(accessToken: string, scope?: string) {
      current = {
        token_type: 'Bearer',
        ...current,
        access_token: accessToken,
        ...(scope === undefined ? {} : { scope }),
      };
    },
    codeOfLastVisit: () => visits.at(-1)?.callback.get('code') ?? '',
    provider: {
      redirectUrl: REDIRECT_URI,
      clientMetadata: { redirect_uris: [REDIRECT_URI], client_name: 'Assistant' },
      clientInformation: () => ({ client_id: ASSISTANT }),
      tokens: () => current,
      saveTokens(tokens: Tokens) {
        saves.push(tokens);
        current = tokens;
      },
      saveCodeVerifier(text: string) {
        verifier = text;
      },
      codeVerifier: () => verifier,
      saveDiscoveryState(state: unknown) {
        discovery = state;
      },
      discoveryState: () => discovery as undefined,
      async redirectToAuthorization(url: URL) {
        const shown = new URL(url);
        // An application that wants to stay signed in asks for it; Entra gives no refresh token otherwise.
        shown.searchParams.set('scope', `${url.searchParams.get('scope') ?? ''} offline_access`.trim());
        shown.searchParams.set('login_hint', user);
        const answer = await fetch(shown, { redirect: 'manual' });
        const location = answer.headers.get('location') ?? '';
        if (!location.startsWith(`${REDIRECT_URI}?`)) throw new Error(`no way back: ${answer.status} ${location}`);
        visits.push({ url, callback: new URL(location).searchParams });
      },
    },
  };
}
