/**
 * The real Bicep compiler over a copy of infra/: lint, build, format and snapshot, in processes of their own. Nothing of
 * it reaches Azure. Found by BICEP, where `.ci/install-bicep` puts it, or on PATH.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const repository = join(import.meta.dirname, '../../..');

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function findCompiler(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.BICEP) return env.BICEP;
  const onPath = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'bicep'));
  // The version that CI has before another: each knows other rules and other types.
  return [join(repository, '.local/bicep/bicep'), ...onPath].find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What a deployment is told by its environment (infra/main.bicepparam), and by nobody of this machine. */
const deploymentEnvironment = {
  AZURE_ENV_NAME: 'dev',
  AZURE_LOCATION: 'westeurope',
  ENTRA_CLIENT_ID: '5a11e000-0000-4000-8000-0000000000c0',
  CRM_URL: 'https://crm.example.com/mcp',
};

const SUBSCRIPTION = '5a11e000-0000-4000-8000-000000000002';
export const TENANT = '5a11e000-0000-4000-8000-000000000001';

export interface Workspace {
  /** `bicep …` in the copy; a file’s name is relative to it. */
  run(...args: readonly string[]): Promise<Run>;
  /** The same, where the environment says more (infra/main.bicepparam). */
  runWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Run>;
  /** Evaluates a parameter file; its snapshot, or what the compiler said. */
  snapshot(parameters: string): Promise<unknown>;
  write(name: string, text: string): void;
  read(name: string): string;
  remove(): void;
}

/** A copy, because the compiler writes snapshots beside the parameters. */
export function createWorkspace(compiler: string): Workspace {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bicep-'));
  for (const name of [
    'bicepconfig.json',
    'infra/main.bicep',
    'infra/main.bicepparam',
    'infra/modules',
    'infra/teams',
    'infra/config',
  ]) {
    cpSync(join(repository, name), join(folder, name), { recursive: true });
  }
  const run: Workspace['run'] = (...args) => runWith({}, ...args);
  const runWith: Workspace['runWith'] = (environment, ...args) =>
    new Promise((resolve) => {
      // Its own home: it would keep a cache in the user’s.
      const env = {
        PATH: process.env.PATH,
        HOME: folder,
        DOTNET_BUNDLE_EXTRACT_BASE_DIR: folder,
        ...deploymentEnvironment,
        ...environment,
      };
      const options = { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 };
      execFile(compiler, [...args], options, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ exitCode, stdout, stderr: error !== null && stderr === '' ? error.message : stderr });
      });
    });
  return {
    run,
    runWith,
    async snapshot(parameters) {
      const ids = ['--subscription-id', SUBSCRIPTION, '--tenant-id', TENANT, '--location', 'westeurope'];
      // Without a name for the deployment it does not look into its modules' outputs.
      ids.push('--deployment-name', 'sallyport');
      const { exitCode, stderr } = await run('snapshot', parameters, '--mode', 'overwrite', ...ids);
      if (exitCode !== 0) throw new Error(stderr);
      return JSON.parse(readFileSync(join(folder, parameters.replace(/\.bicepparam$/, '.snapshot.json')), 'utf8'));
    },
    write: (name, text) => writeFileSync(join(folder, name), text),
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
