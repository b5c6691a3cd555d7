/** The whole embedded stack with the built app behind the function host: what a newcomer runs. */
import { join } from 'node:path';
import { buildApp } from '../../../infra/build.ts';
import { type Stack, type StackOptions, startStack } from '../../../infra/local/stack.ts';

export const appDir = join(import.meta.dirname, '../../..');

export interface RunningStack extends Stack {
  readonly log: string[];
  token(request: Parameters<Stack['entra']['issueToken']>[0]): Promise<string>;
}

export interface BuiltStackOptions {
  readonly instances?: number;
  /** Default: the sample's. */
  readonly configDir?: string;
  /** Where data is kept; default: in memory. */
  readonly dataDir?: string;
  /** Default: the sample tenant. */
  readonly directory?: StackOptions['directory'];
  /** How the app opens storage and Service Bus; default: by keys. */
  readonly access?: StackOptions['access'];
  /** Settings of the app on top of what the stack gives it. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function startBuiltStack(options: BuiltStackOptions = {}): Promise<RunningStack> {
  const built = await buildApp(appDir);
  if (!built.ok) throw new Error(built.error.join('\n'));
  const log: string[] = [];
  const stack = await startStack({
    appDir,
    configDir: options.configDir ?? join(appDir, 'infra/config'),
    port: 0,
    instances: options.instances ?? 1,
    env: options.env ?? {},
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    ...(options.directory === undefined ? {} : { directory: options.directory }),
    ...(options.access === undefined ? {} : { access: options.access }),
    onLog: (line) => log.push(line),
  });
  return Object.assign(stack, { log, token: stack.entra.issueToken });
}
