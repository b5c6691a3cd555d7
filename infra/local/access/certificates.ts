/**
 * The certificates of one stack: made at its start, valid a day, in a folder that only their owner reads and that goes
 * with the stack. A certificate for each service, so that none is good for the other's names.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSelfSigned, type SelfSigned } from './self-signed.ts';

export interface Certificates {
  /** In files, as Azurite wants it; `cert` is the certificate's text. */
  readonly storage: { readonly certFile: string; readonly keyFile: string; readonly cert: string };
  readonly serviceBus: SelfSigned;
  /** Both certificates and no key: what a process takes as `NODE_EXTRA_CA_CERTS`. */
  readonly trustFile: string;
  remove(): Promise<void>;
}

/** Storage's is for 127.0.0.1 too: there the stack itself makes containers and tables. */
export async function writeCertificates(names: {
  readonly storage: readonly string[];
  readonly serviceBus: string;
}): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-certificates-'));
  const storage = createSelfSigned('127.0.0.1', ...names.storage);
  const serviceBus = createSelfSigned(names.serviceBus);

  async function write(name: string, text: string): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  }

  const [certFile, keyFile, trustFile] = await Promise.all([
    write('storage.crt', storage.cert),
    write('storage.key', storage.key),
    write('trusted.crt', storage.cert + serviceBus.cert),
  ]);
  return {
    storage: { certFile, keyFile, cert: storage.cert },
    serviceBus,
    trustFile,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
