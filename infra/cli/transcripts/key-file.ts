/**
 * The endorsing key from a file that the auditor keeps: a JWK, a JWK set, or PEM. A JWK with a `kid` answers for that
 * key id alone; a key without one for every id, because the signature decides.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { EndorsingKey } from '../../../shared/transcripts/verify-genesis.ts';
import { CommandFailure } from '../outcome.ts';

const jwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  kid: z.string().optional(),
});
const jwkFile = z.union([
  z.object({ keys: z.array(jwk).min(1) }).transform(({ keys }) => keys),
  jwk.transform((key) => [key]),
]);

/** Throws `CommandFailure` when there is no such file, or no P-256 public key in it. */
export async function readKeyFile(path: string): Promise<EndorsingKey> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new CommandFailure(`the key file ${path} cannot be read`, { cause });
  }
  const keys = readKeys(text);
  if (!keys) throw new CommandFailure(`${path} holds no P-256 public key (JWK, JWK set or PEM)`);
  return async (keyId) => keys.find(({ kid }) => kid === undefined || kid === keyId)?.key;
}

function readKeys(text: string): readonly { readonly kid?: string | undefined; readonly key: KeyObject }[] | undefined {
  try {
    if (!text.trimStart().startsWith('{')) {
      const key = createPublicKey(text);
      return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? [{ key }] : undefined;
    }
    const parsed = jwkFile.parse(JSON.parse(text));
    return parsed.map(({ kid, ...key }) => ({ kid, key: createPublicKey({ key, format: 'jwk' }) }));
  } catch {
    return undefined;
  }
}
