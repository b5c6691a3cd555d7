/**
 * Signs seals and manifests with the Key Vault key, and checks that it did (DESIGN §6). What is signed is everything but
 * the entries, which the Merkle root stands for; it begins with a purpose of its own, so that no signature made for
 * something else passes for one of these.
 */
import { createHash } from 'node:crypto';
import { err, ok, type Result } from '../../result.ts';
import { isSignature } from '../chain.ts';
import type { EndorsingKey } from '../verify-genesis.ts';
import type { Endorser } from '../writer.ts';
import { type Manifest, manifestSchema, type Seal, type SealDocument, sealSchema } from './document.ts';
import { merkleRoot } from './merkle.ts';

type Unsigned<T> = Omit<T, 'root' | 'signature' | 'format'>;

export interface SignedDocument<T> {
  readonly document: T;
  readonly bytes: Buffer;
  /** Lower-case hex SHA-256 of the bytes. */
  readonly sha256: string;
}

const NO_SIGNATURE = { keyId: '', value: 'A'.repeat(86) };

/** Rejects as the endorser does. */
export async function signSeal(body: Unsigned<Seal>, endorser: Endorser): Promise<SignedDocument<Seal>> {
  const unsigned = sealSchema.parse({ ...body, format: 1, root: rootOf(body), signature: NO_SIGNATURE });
  return finish({ ...unsigned, signature: await sign(unsigned, endorser) });
}

export async function signManifest(body: Unsigned<Manifest>, endorser: Endorser): Promise<SignedDocument<Manifest>> {
  const unsigned = manifestSchema.parse({ ...body, format: 1, root: rootOf(body), signature: NO_SIGNATURE });
  return finish({ ...unsigned, signature: await sign(unsigned, endorser) });
}

/** The bytes as the document that stands at a name; `error`: why they are none, in words that quote nothing of them. */
export function readSeal(bytes: Uint8Array): Result<Seal, string> {
  const seal = sealSchema.safeParse(parse(bytes));
  return seal.success ? sameBytes(seal.data, bytes) : err('it is not a seal');
}

export function readManifest(bytes: Uint8Array): Result<Manifest, string> {
  const manifest = manifestSchema.safeParse(parse(bytes));
  return manifest.success ? sameBytes(manifest.data, bytes) : err('it is not a manifest');
}

/** Undefined where the vault's key signed it. Rejects when the key can't be looked up now. */
export async function findSignatureFault(
  document: SealDocument,
  endorsingKey: EndorsingKey,
): Promise<string | undefined> {
  if (rootOf(document) !== document.root) return 'its entries are not those that were signed';
  const key = await endorsingKey(document.signature.keyId);
  if (!key) return 'it is signed by a key that is not known here';
  return isSignature(key, statementOf(document), document.signature.value)
    ? undefined
    : 'its signature does not verify';
}

export function hashBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function rootOf({ entries }: Pick<SealDocument, 'entries'>): string {
  return merkleRoot(entries.map((entry) => JSON.stringify(entry)));
}

function statementOf(document: SealDocument): Buffer {
  const { entries, signature: _, ...facts } = document;
  const purpose = `sallyport-transcript-${document.kind}`;
  return Buffer.from(JSON.stringify({ purpose, count: entries.length, ...facts }));
}

async function sign(document: SealDocument, endorser: Endorser): Promise<SealDocument['signature']> {
  const { keyId, signature } = await endorser.sign(createHash('sha256').update(statementOf(document)).digest());
  return { keyId, value: Buffer.from(signature).toString('base64url') };
}

function finish<T extends SealDocument>(document: T): SignedDocument<T> {
  const bytes = Buffer.from(JSON.stringify(document));
  return { document, bytes, sha256: hashBytes(bytes) };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function sameBytes<T extends SealDocument>(document: T, bytes: Uint8Array): Result<T, string> {
  return Buffer.from(JSON.stringify(document)).equals(bytes)
    ? ok(document)
    : err('its bytes are not as they are written');
}
