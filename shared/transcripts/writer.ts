/**
 * A writer (DESIGN §1): this process, with a signing key that lives and dies with it, endorsed once by the Key Vault
 * key. The private key never leaves this closure; it comes from the platform's own generator, not from a port,
 * because nobody, a test included, should be able to make it again.
 */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { attempt, type Clock } from './attempt.ts';
import { isSignature, type Sign } from './chain.ts';
import { type Genesis, type WriterKey, writerKeySchema } from './line-schema.ts';

/** Signs with the Key Vault key. Rejects when the vault can't be reached or refuses. */
export interface Endorser {
  /** `digest`: 32 bytes, SHA-256. `signature`: 64 bytes, r and s (ES256). `keyId`: the key's full id with its version. */
  sign(digest: Uint8Array): Promise<{ readonly keyId: string; readonly signature: Uint8Array }>;
}

export type Credentials = Pick<Genesis, 'writer' | 'endorsement'>;

export interface Writer {
  /** 32 lower-case hex digits, random. */
  readonly id: string;
  readonly sign: Sign;
  /** Asks the vault until it has answered once. Rejects if it does, or takes longer than a try may; ask again then. */
  credentials(): Promise<Credentials>;
}

export function createWriter(options: {
  readonly endorser: Endorser;
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Uint8Array;
  /** How long the vault may take before it is asked again. */
  readonly tryMs: number;
}): Writer {
  const { clock, tryMs } = options;
  const id = Buffer.from(options.randomBytes(16)).toString('hex');
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const writer = {
    id,
    key: writerKeySchema.parse(publicKey.export({ format: 'jwk' })),
    notBefore: new Date(clock.nowMs()).toISOString(),
  };

  let endorsed: Credentials | undefined;
  let asking: Promise<unknown> | undefined;
  const ask = async (): Promise<void> => {
    const digest = createHash('sha256').update(endorsementStatement(writer)).digest();
    const { keyId, signature } = await options.endorser.sign(digest);
    endorsed = { writer, endorsement: { keyId, signature: Buffer.from(signature).toString('base64url') } };
  };

  return {
    id,
    sign: (statement) => sign('sha256', statement, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    async credentials() {
      if (endorsed) return endorsed;
      // All first records share one question; an answer that comes late still counts for the next.
      asking ??= attempt(clock, tryMs, ask).then((asked) => {
        asking = undefined;
        if (!asked.ok) throw asked.error;
      });
      await asking;
      if (!endorsed) throw new Error('the vault answered without an endorsement');
      return endorsed;
    },
  };
}

/** The bytes that the Key Vault key endorses: who writes, with which public key, from when on. */
function endorsementStatement(writer: Genesis['writer']): Uint8Array {
  const { id, key, notBefore } = writer;
  return Buffer.from(JSON.stringify({ purpose: 'sallyport-transcript-writer', writer: id, key, notBefore }));
}

/** Whether the vault's key endorsed the writer that this genesis names. */
export function isEndorsed(vaultKey: KeyObject, genesis: Genesis): boolean {
  return isSignature(vaultKey, endorsementStatement(genesis.writer), genesis.endorsement.signature);
}

/** Undefined if the coordinates are no point on the curve. */
export function publicKeyOf(key: WriterKey): KeyObject | undefined {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return undefined;
  }
}
