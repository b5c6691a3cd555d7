/**
 * A stand-in for Azure Key Vault (LOCAL-STACK §C): the wire protocol that `@azure/keyvault-secrets` and
 * `@azure/keyvault-keys` speak, over plain http on loopback, with the bearer challenge in front.
 * It does NOT imitate: access policies and RBAC (any token for this vault opens it), certificates, HSM, key import,
 * rotation policies, backup and restore, algorithms other than ES256 and RSA-OAEP-256, key times (`nbf`, `exp` are
 * kept, not enforced), case-insensitive names, soft-delete purging after its days, throttling.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Faults } from '../faults.ts';
import { readJson, sendJson } from '../http.ts';
import { createJsonSaver, readJsonFile } from '../json-file.ts';
import { type Handler, startStandIn } from '../stand-in.ts';
import { challenge, createBearerCheck } from './bearer.ts';
import { type Collection, serveDeleted, serveLive, type VaultAnswer, type VaultRequest } from './collection.ts';
import { createKeyMaterial, type KeyMaterial } from './key-material.ts';
import { createKey, createKeys, useKey } from './keys.ts';
import { badParameter, VaultProblem } from './problem.ts';
import { createSecrets, setSecret } from './secrets.ts';
import { createShelf, type ShelfContent } from './shelf.ts';

export interface KeyVaultOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Kept in `{folder}/key-vault.json`; absent: in memory only. */
  readonly folder?: string;
  /** The tenant's authority, which the challenge names: `{authority host}/{tenant}`, with or without `/v2.0`. */
  readonly issuer: string;
  readonly tenantId: string;
  /** The authority's key set; given, the signature of every token is verified. */
  readonly keysUrl?: string;
}

export interface KeyVault {
  /** The vault's URL, no trailing slash. */
  readonly url: string;
  readonly faults: Faults;
  /** Sets the secret unless its newest version has this value already; returns that version's id. */
  ensureSecret(name: string, value: string): Promise<string>;
  /** Creates the key unless there is one of that name; returns its newest version's id. */
  ensureKey(name: string, type: 'EC' | 'RSA'): Promise<string>;
  stop(): Promise<void>;
}

interface Saved {
  /** Of the first start: what was wrapped names its key by the vault's address, so that has to stay as it is in Azure. */
  readonly port?: number;
  readonly secrets: ShelfContent<string>;
  readonly keys: ShelfContent<KeyMaterial>;
}

const NAME = /^[0-9a-zA-Z-]{1,127}$/;

export async function startKeyVault(options: KeyVaultOptions): Promise<KeyVault> {
  const { folder } = options;
  const file = folder === undefined ? undefined : join(folder, 'key-vault.json');
  // Our own file, written whole by `save`: its shape is what this version of the stand-in wrote.
  const saved = ((file && (await readJsonFile(file))) ?? { secrets: [], keys: [] }) as Saved;
  const clockAndIds = {
    nowSeconds: () => Math.floor(Date.now() / 1000),
    createVersionId: () => randomBytes(16).toString('hex'),
  };
  const secretShelf = createShelf({ kind: 'Secret', content: saved.secrets, ...clockAndIds });
  const keyShelf = createShelf({ kind: 'Key', content: saved.keys, ...clockAndIds });
  let port = options.port || (saved.port ?? 0);
  const save = file
    ? createJsonSaver(file, () => ({ port, secrets: secretShelf.content(), keys: keyShelf.content() }) satisfies Saved)
    : async () => undefined;
  const checkBearer = createBearerCheck(options);

  function createHandler(url: string): Handler {
    const secrets = createSecrets(url, secretShelf);
    const keys = createKeys(url, keyShelf);

    async function route(name: string, request: VaultRequest): Promise<VaultAnswer | undefined> {
      if (name === 'secrets') return setSecret(secrets, request) ?? serveLive<string>(secrets, request);
      if (name === 'keys') return (await createKey(keys, request)) ?? useKey(keys, request) ?? serveLive(keys, request);
      const deletedFrom = ([secrets, keys] as Collection<unknown>[]).find(({ path }) => name === `deleted${path}`);
      return deletedFrom && serveDeleted(deletedFrom, request);
    }

    return async (request, response) => {
      const target = new URL(request.url ?? '/', url);
      const [name = '', ...rest] = target.pathname.split('/').filter((segment) => segment !== '');
      try {
        await checkBearer(request.headers.authorization);
        if (!target.searchParams.has('api-version')) throw badParameter('api-version must be specified');
        if (rest[0] !== undefined && !NAME.test(rest[0])) throw badParameter(`Invalid name ${rest[0]}.`);
        const { method = 'GET' } = request;
        const answer = await route(name, { method, rest, url: target, body: await readJson(request) });
        if (!answer) throw new VaultProblem(404, 'NotFound', `No such operation: ${method} ${target.pathname}`);
        if (method !== 'GET') await save();
        if (answer.body === undefined) response.writeHead(answer.status).end();
        else sendJson(response, answer.status, answer.body);
      } catch (error) {
        if (!(error instanceof VaultProblem)) throw error;
        if (error.status === 401) response.setHeader('www-authenticate', challenge(options.issuer));
        sendJson(response, error.status, error.toBody());
      }
    };
  }

  const { url, faults, stop } = await startStandIn({ name: 'key-vault', port, createHandler });
  port = Number(new URL(url).port);

  async function ensureSecret(name: string, value: string): Promise<string> {
    if (secretShelf.has(name) && secretShelf.get(name).content === value) return secretShelf.get(name).id;
    const { id } = secretShelf.add(name, value, {});
    await save();
    return id;
  }

  async function ensureKey(name: string, type: 'EC' | 'RSA'): Promise<string> {
    if (keyShelf.has(name)) return keyShelf.get(name).id;
    const { id } = keyShelf.add(name, await createKeyMaterial(type), {});
    await save();
    return id;
  }

  return { url, faults, ensureSecret, ensureKey, stop };
}
