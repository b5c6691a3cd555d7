/**
 * `npx node infra/entra/register.ts`: the gateway's app registration in Entra ID, over Microsoft Graph, as whoever is signed
 * in with `az login` (an Application Administrator; for Graph's permissions a Privileged Role Administrator). Apart from
 * `sallyport`: it is run before there is a gateway, by other people than operate it.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import { Command } from 'commander';
import { decodeJwt } from 'jose';
import { findUrlMistake, urlMistakeMessages } from '../../shared/config/loopback.ts';
import { CommandFailure, exitCodes } from '../cli/outcome.ts';
import { visibleJson } from '../cli/pins/visible-text.ts';
import { formatRegistration } from './format-registration.ts';
import { createGraphApi, createTokenSource } from './graph-api.ts';
import { registerGateway } from './register-gateway.ts';

export interface RegisterParts {
  readonly credential: () => Promise<TokenCredential>;
  readonly pause: (ms: number) => Promise<void>;
}

interface Flags {
  readonly name: string;
  readonly clientId?: string;
  readonly publicUrl?: string;
  readonly servers: readonly string[];
  readonly parent?: boolean;
  readonly identity?: string;
  readonly flowIdentity?: string;
  readonly client: readonly string[];
  readonly vsCode?: boolean;
  readonly manageClient: readonly string[];
  readonly azureCli?: boolean;
  readonly graphPermission: readonly string[];
  readonly graph: string;
  readonly authority: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Microsoft's own, the same in every tenant. */
const VS_CODE = 'aebc6443-996d-45c2-90f0-388ff96faa56';
const AZURE_CLI = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SERVER = /^[a-z][a-z0-9-]{0,31}$/;

const explanation = `
Run it before the first deployment without --public-url and --identity, for ENTRA_CLIENT_ID, and again with both. It finds
what it made before, keeps every id, takes nothing away, and says what stands otherwise.

Exit codes:
  0  done, or nothing to do
  2  could not be done: bad flags, no right, or Graph out of reach; run it again, and it goes on from there`;

/** Sets the exit code of the process; never throws. */
export async function runRegister(argv: readonly string[], parts: RegisterParts): Promise<void> {
  const split = (text: string, before: readonly string[]) => [...before, ...text.split(',').map((one) => one.trim())];
  const program = new Command('register')
    .description('Makes the gateway’s app registration in Entra ID, or what of it is missing.')
    .option('--name <name>', 'what it is called, and is found again by', 'Sallyport')
    .option('--client-id <id>', 'one that is there already, in the place of one of that name')
    .option('--public-url <url>', 'where the gateway is reached, e.g. https://name.azurewebsites.net')
    .option('--servers <names>', 'the servers of gateway.yaml, with commas between them', split, [])
    .option('--parent', 'with identity.resource: parent in gateway.yaml')
    .option('--identity <id>', 'object id of the gateway’s managed identity (SALLYPORT_IDENTITY_PRINCIPAL_ID)')
    .option('--flow-identity <id>', 'object id of the identity of the Teams workflow')
    .option('--client <ids>', 'client ids that may call without anybody’s consent', split, [])
    .option('--vs-code', 'VS Code is one of them')
    .option('--manage-client <ids>', 'client ids of tools by which people decide and administer', split, [])
    .option('--azure-cli', 'the Azure CLI is one of them: sallyport --url then takes its sign-in')
    .option(
      '--graph-permission <names>',
      'further ones for the gateway’s identity, e.g. Application.Read.All',
      split,
      [],
    )
    .option('--graph <url>', 'of another cloud than the public one', 'https://graph.microsoft.com')
    .option('--authority <url>', 'likewise', 'https://login.microsoftonline.com')
    .option('--dry-run', 'print each request that would be made, and change nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', explanation)
    .exitOverride();
  try {
    program.parse(argv);
    await register(program.opts<Flags>(), parts);
  } catch (error) {
    process.exitCode = tell(error);
  }
}

async function register(flags: Flags, { credential, pause }: RegisterParts): Promise<void> {
  const wanted = readFlags(flags);
  const token = createTokenSource(flags.graph, await credential());
  const tenantId = tenantOf(await token());
  const isDryRun = flags.dryRun ?? false;
  const graph = createGraphApi({ url: flags.graph, token, isDryRun, pause });
  const issuer = `${new URL(flags.authority).origin}/${tenantId}/v2.0`;
  const registration = await registerGateway(graph, { ...wanted, issuer, newId: randomUUID });
  if (flags.json) console.log(visibleJson({ tenantId, dryRun: isDryRun, ...registration }));
  else console.log(formatRegistration(registration, isDryRun));
}

/** Throws `CommandFailure` for what is no such thing: it stands in a path, or in what Entra compares. */
function readFlags(flags: Flags) {
  const { name, clientId, servers, identity, flowIdentity } = flags;
  const publicUrl = flags.publicUrl === undefined ? undefined : readOrigin('--public-url', flags.publicUrl);
  for (const flag of ['graph', 'authority'] as const) readOrigin(`--${flag}`, flags[flag]);
  const clients = [...flags.client, ...(flags.vsCode ? [VS_CODE] : [])];
  const manageClients = [...flags.manageClient, ...(flags.azureCli ? [AZURE_CLI] : [])];
  const ids = [clientId, identity, flowIdentity, ...clients, ...manageClients].filter((id) => id !== undefined);
  for (const id of ids) if (!GUID.test(id)) throw new CommandFailure(`${id} is no id (a GUID)`);
  for (const server of servers) if (!SERVER.test(server)) throw new CommandFailure(`${server} is no name of a server`);
  if (publicUrl !== undefined && servers.length === 0) throw new CommandFailure('--public-url needs --servers');
  const both = clients.find((id) => manageClients.some((other) => other.toLowerCase() === id.toLowerCase()));
  if (both !== undefined) throw new CommandFailure(`${both} is both: a token for both opens neither`);
  if (identity !== undefined && identity.toLowerCase() === flowIdentity?.toLowerCase()) {
    throw new CommandFailure('the workflow needs an identity of its own');
  }
  return {
    name,
    ...(clientId !== undefined && { clientId }),
    ...(publicUrl !== undefined && { publicUrl }),
    servers,
    resource: flags.parent ? ('parent' as const) : ('exact' as const),
    ...(identity !== undefined && { identity }),
    ...(flowIdentity !== undefined && { flowIdentity }),
    clients,
    manageClients,
    graphPermissions: flags.graphPermission,
  };
}

function readOrigin(flag: string, text: string): string {
  const mistake = findUrlMistake(text);
  if (mistake !== undefined) throw new CommandFailure(`${flag} ${urlMistakeMessages[mistake]}`);
  const { origin, pathname, search } = new URL(text);
  if (pathname !== '/' || search !== '') throw new CommandFailure(`${flag} is an address without a path`);
  return origin;
}

/** Of the one who is signed in: the registration is made in their tenant. Whether the token is good, Graph says. */
function tenantOf(token: string): string {
  const { tid } = decodeJwt(token);
  if (typeof tid !== 'string' || !GUID.test(tid)) throw new CommandFailure('the token names no tenant');
  return tid;
}

function tell(error: unknown): number {
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')) {
    return 'exitCode' in error && error.exitCode === 0 ? exitCodes.done : exitCodes.failed;
  }
  console.error(error instanceof CommandFailure ? error.message : error);
  return exitCodes.failed;
}

async function azureCli(): Promise<TokenCredential> {
  const { AzureCliCredential } = await import('@azure/identity');
  return new AzureCliCredential();
}

if (import.meta.main) await runRegister(process.argv, { credential: azureCli, pause: (ms) => sleep(ms) });
