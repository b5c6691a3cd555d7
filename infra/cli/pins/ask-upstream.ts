/**
 * An upstream's tools, as `pin` writes them and `doctor` compares them, and where its credential comes from: the stack's
 * vault, a Key Vault as whoever is signed in, or a variable. The credential goes to the upstream and nowhere else.
 */
import { DefaultAzureCredential, type TokenCredential } from '@azure/identity';
import { createSecretClient } from '../../../shared/azure/clients.ts';
import { createKeyVaultSecretSource } from '../../../shared/azure/key-vault-secrets.ts';
import type { CredentialConfig } from '../../../shared/config/config.ts';
import type { CredentialBroker, SecretSource } from '../../../shared/credentials/broker.ts';
import type { Stack } from '../../local/stack-file.ts';
import { listUpstreamTools } from '../list-upstream-tools.ts';
import { createLocalCredential } from '../local-credential.ts';
import { type Pin, pinTools } from '../tools-lock-file.ts';

export interface Upstream {
  readonly name: string;
  readonly url: string;
  readonly credential?: CredentialConfig;
  /** Of each request; default 30 seconds. */
  readonly deadlineMs?: number;
}

/** Rejects with what went wrong, which may quote the upstream; `CommandFailure` for tools that can't be pinned. */
export async function askUpstream(
  { name, url, credential: wanted, deadlineMs }: Upstream,
  broker: CredentialBroker,
): Promise<ReadonlyMap<string, Pin>> {
  const credential = wanted && (await broker.credentialFor(wanted));
  const tools = await listUpstreamTools({
    url,
    ...(credential !== undefined && { credential }),
    ...(deadlineMs !== undefined && { deadlineMs }),
  });
  return pinTools(name, tools);
}

/** With a stack: its vault, as the gateway's own identity. */
export function openVault(url: string, stack: Stack | undefined): SecretSource {
  const credential: TokenCredential =
    stack === undefined ? new DefaultAzureCredential() : createLocalCredential(stack.entra);
  return createKeyVaultSecretSource(createSecretClient(url, credential));
}

export function createVariableSource(name: string): SecretSource {
  const value = process.env[name];
  return {
    read: () =>
      value === undefined ? Promise.reject(new Error(`${name} is not set`)) : Promise.resolve({ value, version: name }),
  };
}
