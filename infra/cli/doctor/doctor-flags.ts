/** The flags of `sallyport doctor`, held to what goes together before anything is asked. */
import type { ApiFlags } from '../api-flags.ts';
import { CommandFailure } from '../outcome.ts';

export interface DoctorFlags extends ApiFlags {
  readonly config: string;
  readonly subscription?: string;
  readonly resourceGroup?: string;
  /** URL of the blob service of transcripts. */
  readonly account?: string;
  readonly vault?: string;
  readonly sealKey: string;
  /** `SERVER=VARIABLE`. */
  readonly secretEnv?: readonly string[];
  readonly postTestCard?: boolean;
}

/** Throws `CommandFailure`. */
export function checkFlags(flags: DoctorFlags): void {
  const { local, subscription, resourceGroup, account, vault, secretEnv, postTestCard } = flags;
  if (local && [subscription, resourceGroup, account, vault, secretEnv].some((flag) => flag !== undefined)) {
    throw new CommandFailure('with --local the stack says where its parts are: leave out what belongs to --url');
  }
  if ((subscription === undefined) !== (resourceGroup === undefined)) {
    throw new CommandFailure('--subscription and --resource-group belong together');
  }
  if (postTestCard && !local && vault === undefined) {
    throw new CommandFailure('--post-test-card needs --vault: the address of the workflow is there');
  }
  if (account !== undefined && URL.parse(account)?.protocol !== 'https:') {
    throw new CommandFailure('--account must be the https URL of the blob service that holds the transcripts');
  }
}

/** Server → variable. Throws `CommandFailure`. */
export function readSecretVariables(
  secretEnv: readonly string[] = [],
  servers: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, string> {
  return new Map(
    secretEnv.map((text) => {
      const [, server, variable] = /^([a-z][a-z0-9-]*)=([A-Za-z_][A-Za-z0-9_]*)$/.exec(text) ?? [];
      // The text is not told: somebody may have written the secret itself.
      if (server === undefined || variable === undefined) {
        throw new CommandFailure('--secret-env takes SERVER=VARIABLE, the name of a variable and not its value');
      }
      if (!servers.has(server)) throw new CommandFailure(`${server} in --secret-env is no server of gateway.yaml`);
      if (!process.env[variable]) throw new CommandFailure(`${variable} is not set`);
      return [server, variable] as const;
    }),
  );
}
