/**
 * The credential broker's secret source over Azure Key Vault: the newest version of a secret, with the version's id.
 * Keeps nothing and logs nothing; a disabled secret is an error of the vault's (403), an empty one is ours.
 */
import type { SecretClient } from '@azure/keyvault-secrets';
import type { SecretSource } from '../credentials/broker.ts';
import { withinDeadline } from './deadline.ts';

export function createKeyVaultSecretSource(client: SecretClient): SecretSource {
  return {
    read: async (name) => {
      const { value, properties } = await client.getSecret(name, withinDeadline());
      if (value === undefined || properties.version === undefined) {
        throw new Error('the vault answered without a value or a version');
      }
      return { value, version: properties.version };
    },
  };
}
