/**
 * Makes the Azure SDK clients, once per process, with bounded retries; no request is sent here.
 * Plain http is let through to this machine only (the embedded stack), never because a setting asks for it.
 * `DefaultAzureCredential` is not used: it tries environment secrets, a developer's CLI and more in turn, so what the
 * app runs as would depend on what happens to be installed. Here it is the managed identity or nothing.
 */
import { TableClient, type TableServiceClientOptions } from '@azure/data-tables';
import { ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';
import { BlobServiceClient, type StoragePipelineOptions } from '@azure/storage-blob';
import { findUrlMistake, urlMistakeMessages } from '../config/loopback.ts';

/** Shared key for the embedded stack's Azurite; in Azure the service's URL, opened by the managed identity. */
export type StorageAddress = { readonly connectionString: string } | { readonly url: string };

/** A caller waits behind these: few tries, close together. The operations' own deadlines bound the whole. */
const RETRIES = { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 };
/** Blob's own policy counts tries, not retries, and waits (2^(n-1) - 1) times the delay before try n + 1. */
const BLOB_RETRIES = { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 1_000, tryTimeoutInMs: 5_000 };

/** The app's managed identity: user-assigned by `clientId`, else system-assigned. */
export function createCredential(clientId?: string): TokenCredential {
  return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
}

export function createSecretClient(vaultUrl: string, credential: TokenCredential): SecretClient {
  return new SecretClient(vaultUrl, credential, vaultOptions(vaultUrl));
}

export function createKeyClient(vaultUrl: string, credential: TokenCredential): KeyClient {
  return new KeyClient(vaultUrl, credential, vaultOptions(vaultUrl));
}

export function createTable(address: StorageAddress, credential: TokenCredential, name: string): TableClient {
  if ('connectionString' in address) {
    const allowInsecureConnection = isHttpToLoopback(endpointOf(address.connectionString, 'TableEndpoint'));
    const options: TableServiceClientOptions = { retryOptions: RETRIES, allowInsecureConnection };
    return TableClient.fromConnectionString(address.connectionString, name, options);
  }
  const allowInsecureConnection = isHttpToLoopback(address.url);
  return new TableClient(address.url, name, credential, { retryOptions: RETRIES, allowInsecureConnection });
}

export function createBlobService(address: StorageAddress, credential: TokenCredential): BlobServiceClient {
  const options: StoragePipelineOptions = { retryOptions: BLOB_RETRIES };
  if ('connectionString' in address) {
    isHttpToLoopback(endpointOf(address.connectionString, 'BlobEndpoint'));
    return BlobServiceClient.fromConnectionString(address.connectionString, options);
  }
  isHttpToLoopback(address.url);
  return new BlobServiceClient(address.url, credential, options);
}

/**
 * A vault on this machine has neither a certificate nor a name under `vault.azure.net`, which is what the client
 * compares its challenge with before it sends a token. Anywhere else both checks stay on.
 */
function vaultOptions(vaultUrl: string) {
  const isLocal = isHttpToLoopback(vaultUrl);
  return { retryOptions: RETRIES, allowInsecureConnection: isLocal, disableChallengeResourceVerification: isLocal };
}

/** True for http to this machine, false for https; throws a `TypeError` for everything else, without the address. */
function isHttpToLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const mistake = findUrlMistake(address);
  if (mistake !== undefined) throw new TypeError(`the address of an Azure service ${urlMistakeMessages[mistake]}`);
  return new URL(address).protocol === 'http:';
}

/** Undefined when the connection string names an account instead of an endpoint: then the SDK's own is https. */
function endpointOf(connectionString: string, name: 'TableEndpoint' | 'BlobEndpoint'): string | undefined {
  const parts = connectionString.split(';').map((part) => part.trim());
  return parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
}
