/** An OAuth client of the Entra stand-in that follows its metadata, as any client would. */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Entra, type EntraOptions, startEntra } from '../../infra/local/entra/start.ts';

export const GATEWAY_URL = 'http://127.0.0.1:7071';
export const CRM = `${GATEWAY_URL}/mcp/crm`;
export const ASSISTANT = '5a11e000-0000-4000-8000-0000000000c1';
export const REDIRECT_URI = 'http://localhost:43210/callback';

export function startSampleEntra(options: Partial<EntraOptions> = {}): Promise<Entra> {
  return startEntra({ port: 0, publicUrl: GATEWAY_URL, servers: ['crm'], ...options });
}

const metadataSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  jwks_uri: z.string(),
});

export async function fetchMetadata(issuer: string): Promise<z.infer<typeof metadataSchema>> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  return metadataSchema.parse(await response.json());
}

export async function fetchKeys({ keysUrl }: Entra): Promise<readonly Record<string, string>[]> {
  const response = await fetch(keysUrl);
  return z.object({ keys: z.array(z.record(z.string(), z.string())) }).parse(await response.json()).keys;
}

const answerSchema = z.object({
  access_token: z.string().optional(),
  refresh_token: z.string().optional(),
  id_token: z.string().optional(),
  expires_in: z.number().optional(),
  error: z.string().optional(),
  error_description: z.string().optional(),
});
export type TokenAnswer = z.infer<typeof answerSchema> & { readonly status: number };

export async function askToken(issuer: string, form: Record<string, string>): Promise<TokenAnswer> {
  const { token_endpoint } = await fetchMetadata(issuer);
  const response = await fetch(token_endpoint, { method: 'POST', body: new URLSearchParams(form) });
  return { status: response.status, ...answerSchema.parse(await response.json()) };
}

export interface Authorization {
  readonly status: number;
  /** The parameters of the redirect back to the client. */
  readonly redirect: URLSearchParams;
  readonly location: string | null;
  readonly body: string;
  readonly verifier: string;
}

export async function authorize(issuer: string, more: Record<string, string>): Promise<Authorization> {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: ASSISTANT,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: 'the-state',
    ...more,
  });
  const { authorization_endpoint } = await fetchMetadata(issuer);
  const response = await fetch(`${authorization_endpoint}?${query}`, { redirect: 'manual' });
  const location = response.headers.get('location');
  const redirect = new URLSearchParams(location === null ? '' : new URL(location).search);
  return { status: response.status, location, redirect, body: await response.text(), verifier };
}

/** Authorizes and exchanges the code. */
export async function signIn(issuer: string, more: Record<string, string>): Promise<TokenAnswer> {
  const { redirect, verifier } = await authorize(issuer, more);
  return askToken(issuer, {
    grant_type: 'authorization_code',
    client_id: ASSISTANT,
    code: redirect.get('code') ?? '',
    redirect_uri: more.redirect_uri ?? REDIRECT_URI,
    code_verifier: verifier,
  });
}
