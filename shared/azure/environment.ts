/**
 * The app settings → one typed value, or every mistake named. The only file of functions/ and shared/ that reads
 * `process.env` (DESIGN §3). An empty setting counts as unset. Messages name settings, never their values.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { findUrlMistake, urlMistakeMessages } from '../config/loopback.ts';
import { err, ok, type Result } from '../result.ts';
import type { StorageAddress } from './clients.ts';
import { isLocalServiceBus, isLocalStorage } from './connection-strings.ts';
import type { ServiceBusAddress } from './service-bus-queue.ts';
import type { TelemetryTargets } from './telemetry/targets.ts';

export interface Environment {
  /** Absolute path of the folder with gateway.yaml. */
  readonly configFolder: string;
  /** Origin at which agents reach the gateway, without a trailing slash. */
  readonly publicUrl: string;
  readonly entra: EntraEnvironment;
  readonly keyVault: { readonly url: string; readonly sealKey: string; readonly keyringKey: string };
  /** Origin of Microsoft Graph, without a trailing slash. */
  readonly graphUrl: string;
  /** Identity in Azure, a connection string to this machine only; never both. */
  readonly transcripts: StorageAddress;
  readonly state: StorageAddress;
  /** Blobs of the state's account: held arguments and kept answers. */
  readonly sealed: StorageAddress;
  readonly serviceBus: ServiceBusAddress;
  /** Who is told of traces and metrics; nobody, where neither is set. */
  readonly telemetry: TelemetryTargets;
  /** Client id of the user-assigned managed identity; absent for the system-assigned one. */
  readonly managedIdentity?: string;
}

export interface EntraEnvironment {
  readonly tenantId: string;
  /** The gateway's own app registration. */
  readonly clientId: string;
  readonly authorityHost: string;
  readonly v1Issuer: string;
  readonly v2Issuer: string;
  /** Where the tenant's signing keys are published. */
  readonly keysUrl: string;
}

const guid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be a GUID')
  .toLowerCase();

const keyName = z.string().regex(/^[0-9a-zA-Z-]{1,127}$/, 'must be a Key Vault key name');

const origin = z
  .string()
  .refine(
    (text) => findUrlMistake(text) === undefined && new URL(text).origin === text,
    'must be https://host, or http to a loopback address, with nothing after it, not even a slash',
  );

/** The address of a service; the trailing slash that Azure's own outputs carry is taken off. */
const serviceUrl = z.string().transform((text, context) => {
  const mistake = findUrlMistake(text);
  if (mistake === undefined) return new URL(text).href.replace(/\/+$/, '');
  context.addIssue({ code: 'custom', message: urlMistakeMessages[mistake] });
  return z.NEVER;
});

const issuer = z
  .string()
  .refine((text) => findUrlMistake(text) === undefined, 'must be an https URL, as in a token’s iss');

const localStorage = z
  .string()
  .refine(isLocalStorage, 'a connection string is for storage on this machine; elsewhere set the service URI');

const localServiceBus = z
  .string()
  .refine(isLocalServiceBus, 'a connection string is for Service Bus on this machine; elsewhere set the namespace');

const hostName = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]+$/i, 'must be a host name, as in name.servicebus.windows.net')
  .toLowerCase();

/** Every setting that this app reads, by its exact name. */
const settingsSchema = z.object({
  SALLYPORT_CONFIG_DIR: z.string().default('infra/config'),
  SALLYPORT_PUBLIC_URL: origin,
  ENTRA_TENANT_ID: guid,
  ENTRA_CLIENT_ID: guid,
  ENTRA_AUTHORITY_HOST: origin.default('https://login.microsoftonline.com'),
  ENTRA_V1_ISSUER: issuer.optional(),
  KEY_VAULT_URL: serviceUrl,
  KEY_VAULT_SEAL_KEY: keyName.default('transcript-seal'),
  KEY_VAULT_KEYRING_KEY: keyName.default('keyring'),
  GRAPH_URL: origin.default('https://graph.microsoft.com'),
  TRANSCRIPTS_STORAGE: localStorage.optional(),
  TRANSCRIPTS_STORAGE__blobServiceUri: serviceUrl.optional(),
  STATE_STORAGE: localStorage.optional(),
  STATE_STORAGE__tableServiceUri: serviceUrl.optional(),
  STATE_STORAGE__blobServiceUri: serviceUrl.optional(),
  SERVICE_BUS: localServiceBus.optional(),
  SERVICE_BUS__fullyQualifiedNamespace: hostName.optional(),
  AZURE_CLIENT_ID: guid.optional(),
  APPLICATIONINSIGHTS_CONNECTION_STRING: z
    .string()
    .regex(/^InstrumentationKey=[0-9a-f-]{36}(;|$)/i, 'must be InstrumentationKey=…')
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: serviceUrl.optional(),
  SEAL_SCHEDULE: z.string().optional(),
});

type SettingName = keyof typeof settingsSchema.shape;

/** For the check that `local.settings.json.example` has them all. */
export const settingNames: readonly string[] = Object.keys(settingsSchema.shape);

/** Defaults to the process's own environment; `AzureWebJobsScriptRoot` is the app's folder where Azure runs it. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Result<Environment, readonly string[]> {
  const settings = Object.fromEntries(settingNames.map((name) => [name, env[name] || undefined]));
  const parsed = settingsSchema.safeParse(settings, {
    error: (issue) => (issue.input === undefined ? 'is not set' : 'is not valid'),
  });
  const mistakes = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    ...checkOneWay(settings, 'TRANSCRIPTS_STORAGE', ['TRANSCRIPTS_STORAGE__blobServiceUri']),
    ...checkOneWay(settings, 'STATE_STORAGE', ['STATE_STORAGE__tableServiceUri', 'STATE_STORAGE__blobServiceUri']),
    ...checkOneWay(settings, 'SERVICE_BUS', ['SERVICE_BUS__fullyQualifiedNamespace']),
  ];
  if (!parsed.success || mistakes.length > 0) return err(mistakes);
  return ok(toEnvironment(parsed.data, env.AzureWebJobsScriptRoot || process.cwd()));
}

/** When transcripts are sealed, as a timer trigger has it (NCRONTAB, UTC); default every five minutes. */
export function readSealSchedule(env: NodeJS.ProcessEnv = process.env): string {
  return env.SEAL_SCHEDULE || '0 */5 * * * *';
}

/** By connection string or by identity: the one alone, or all of the other. */
function checkOneWay(
  settings: Readonly<Record<string, string | undefined>>,
  connection: SettingName,
  byIdentity: readonly SettingName[],
): string[] {
  const isGiven = (name: SettingName) => settings[name] !== undefined;
  if (!isGiven(connection)) return byIdentity.filter((name) => !isGiven(name)).map((name) => `${name}: is not set`);
  return byIdentity.filter(isGiven).map((name) => `${connection}: is set beside ${name}: keep one`);
}

function toEnvironment(settings: z.output<typeof settingsSchema>, appFolder: string): Environment {
  const { ENTRA_TENANT_ID: tenantId, ENTRA_AUTHORITY_HOST: authorityHost, AZURE_CLIENT_ID: identity } = settings;
  const { APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString, OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl } = settings;
  return {
    configFolder: resolve(appFolder, settings.SALLYPORT_CONFIG_DIR),
    publicUrl: settings.SALLYPORT_PUBLIC_URL,
    entra: {
      tenantId,
      clientId: settings.ENTRA_CLIENT_ID,
      authorityHost,
      v1Issuer: settings.ENTRA_V1_ISSUER ?? `https://sts.windows.net/${tenantId}/`,
      v2Issuer: `${authorityHost}/${tenantId}/v2.0`,
      keysUrl: `${authorityHost}/${tenantId}/discovery/v2.0/keys`,
    },
    keyVault: {
      url: settings.KEY_VAULT_URL,
      sealKey: settings.KEY_VAULT_SEAL_KEY,
      keyringKey: settings.KEY_VAULT_KEYRING_KEY,
    },
    graphUrl: settings.GRAPH_URL,
    transcripts: toStorage(settings.TRANSCRIPTS_STORAGE, settings.TRANSCRIPTS_STORAGE__blobServiceUri),
    state: toStorage(settings.STATE_STORAGE, settings.STATE_STORAGE__tableServiceUri),
    sealed: toStorage(settings.STATE_STORAGE, settings.STATE_STORAGE__blobServiceUri),
    serviceBus: toServiceBus(settings.SERVICE_BUS, settings.SERVICE_BUS__fullyQualifiedNamespace),
    telemetry: {
      ...(connectionString !== undefined && { connectionString }),
      ...(otlpUrl !== undefined && { otlpUrl }),
    },
    ...(identity !== undefined && { managedIdentity: identity }),
  };
}

function toStorage(connectionString: string | undefined, serviceUri: string | undefined): StorageAddress {
  if (connectionString !== undefined) return { connectionString };
  if (serviceUri !== undefined) return { url: serviceUri };
  throw new Error('checkOneWay lets neither through');
}

function toServiceBus(connectionString: string | undefined, namespace: string | undefined): ServiceBusAddress {
  if (connectionString !== undefined) return { connectionString };
  if (namespace !== undefined) return { namespace };
  throw new Error('checkOneWay lets neither through');
}

/** Settings that gateway.yaml may not refer to: they hold a credential of the app's own or of the platform's. */
const CLOSED_TO_REFERENCES =
  /^(TRANSCRIPTS_STORAGE|STATE_STORAGE|SERVICE_BUS|IDENTITY_HEADER|MSI_SECRET|APPLICATIONINSIGHTS_.*|AzureWebJobs.*|WEBSITE_.*|CONTAINER_.*)$/i;

/** What `${NAME}` in gateway.yaml stands for; undefined where it is not set, or not for a file to name. */
export function createVariables(env: NodeJS.ProcessEnv = process.env): (name: string) => string | undefined {
  return (name) => (CLOSED_TO_REFERENCES.test(name) ? undefined : env[name] || undefined);
}
