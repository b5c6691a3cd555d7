/**
 * What the stand-in must remember: its signing key, the confidential apps' secrets, the managed identity's header and
 * its port (which stands in the issuer). In `{folder}/entra.json`, so that tokens survive a restart; or in memory.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { readJsonFile } from '../json-file.ts';
import type { Directory } from './directory.ts';

const keysSchema = z.object({
  /** Private RSA key as a JWK, with `kid`, `alg` RS256 and `use` sig. */
  signingKey: z.looseObject({ kty: z.literal('RSA'), kid: z.string(), n: z.string(), e: z.string() }),
  /** By app name. */
  clientSecrets: z.record(z.string(), z.string()),
  identityHeader: z.string(),
  port: z.int().optional(),
});

export type EntraKeys = z.infer<typeof keysSchema>;

export function keysFileOf(folder: string): string {
  return join(folder, 'entra.json');
}

/** What the folder holds, or new keys, not yet saved. A file that does not hold keys is one clear error. */
export async function loadKeys(folder: string | undefined, directory: Directory): Promise<EntraKeys> {
  const content = folder === undefined ? undefined : await readJsonFile(keysFileOf(folder));
  if (content !== undefined) {
    const saved = keysSchema.safeParse(content);
    if (!saved.success) throw new Error(`${keysFileOf(folder ?? '')} holds no keys of this version: delete it`);
    return saved.data;
  }
  const confidential = directory.apps.filter(({ kind }) => kind === 'confidential');
  return {
    signingKey: await createSigningKey(),
    clientSecrets: Object.fromEntries(confidential.map(({ name }) => [name, createSecret()])),
    identityHeader: createSecret(),
  };
}

export async function createSigningKey(): Promise<EntraKeys['signingKey']> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { ...jwk, kty: 'RSA', n: jwk.n ?? '', e: jwk.e ?? '', kid, alg: 'RS256', use: 'sig' };
}

function createSecret(): string {
  return randomBytes(24).toString('base64url');
}
