/**
 * The gateway's registration proves itself at the token endpoint by a federated credential: the managed identity's
 * token for the token exchange, as `client_assertion` (RFC 7523 §2.2). oidc-provider knows no such proof, so it is
 * checked here and exchanged for a secret that only this process knows. Other clients pass through as they are.
 * It does not imitate: certificates, other issuers' federated credentials, an assertion that is used up.
 */
import { IncomingMessage } from 'node:http';
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import { readText } from '../http.ts';
import type { App } from './directory.ts';

export const TOKEN_EXCHANGE_AUDIENCE = 'api://AzureADTokenExchange';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export type ProvenRequest =
  | { readonly ok: true; readonly request: IncomingMessage }
  | { readonly ok: false; readonly error: { readonly error: string; readonly error_description: string } };

export interface ClientProof {
  /** The request as oidc-provider should see it; or what the client is answered, with status 401. */
  prove(request: IncomingMessage): Promise<ProvenRequest>;
}

export function createClientProof(options: {
  readonly gateway: App;
  /** oidc-provider's proof of the gateway. */
  readonly gatewaySecret: string;
  /** Whose token is the assertion. */
  readonly identity: App;
  readonly issuer: string;
  readonly keySet: JSONWebKeySet;
}): ClientProof {
  const { gateway, gatewaySecret, identity, issuer } = options;
  const findKey = createLocalJWKSet(options.keySet);

  async function isProof(form: URLSearchParams): Promise<boolean> {
    if (form.get('client_assertion_type') !== ASSERTION_TYPE) return false;
    try {
      await jwtVerify(form.get('client_assertion') ?? '', findKey, {
        algorithms: ['RS256'],
        issuer,
        subject: identity.servicePrincipalId,
        audience: TOKEN_EXCHANGE_AUDIENCE,
      });
      return true;
    } catch (error) {
      if (error instanceof errors.JOSEError) return false;
      throw error;
    }
  }

  return {
    async prove(request) {
      const text = await readText(request);
      const form = new URLSearchParams(text);
      if (form.get('client_id') !== gateway.clientId) return { ok: true, request: withBody(request, text) };
      if (!(await isProof(form))) {
        const description = 'AADSTS7000218: the client assertion is missing, or is none that this application trusts';
        return { ok: false, error: { error: 'invalid_client', error_description: description } };
      }
      form.delete('client_assertion');
      form.delete('client_assertion_type');
      form.set('client_secret', gatewaySecret);
      return { ok: true, request: withBody(request, form.toString()) };
    },
  };
}

/** A request whose body was read, again unread. */
function withBody(request: IncomingMessage, text: string): IncomingMessage {
  const again = new IncomingMessage(request.socket);
  const headers = { ...request.headers, 'content-length': String(Buffer.byteLength(text)) };
  delete headers['transfer-encoding'];
  // Complete: at its end it would take the connection with it otherwise.
  Object.assign(again, { method: request.method, url: request.url, headers, complete: true });
  again.push(text);
  again.push(null);
  return again;
}
