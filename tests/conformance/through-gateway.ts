/**
 * The whole gateway between the suite and the reference server: the built app in the embedded stack, with a token, policy,
 * pinned tools, a credential from the vault, masking and a transcript. A token is added in front; the rest is as deployed.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../../infra/build.ts';
import { listUpstreamTools } from '../../infra/cli/list-upstream-tools.ts';
import { pinTools, writePins } from '../../infra/cli/tools-lock-file.ts';
import { type Stack, startStack } from '../../infra/local/stack.ts';
import { startAddTokenProxy } from './add-token-proxy.ts';

const appDir = join(import.meta.dirname, '../..');
const configDir = join(import.meta.dirname, 'config');
/** Longer than a run may take. */
const tokenTtlSeconds = 3_600;

export interface ThroughGateway {
  /** By a name that the suite takes for local; a token is added on the way. */
  readonly url: string;
  readonly log: readonly string[];
  stop(): Promise<void>;
}

/** Rejects with what is wrong, one line per mistake; nothing is left running then. */
export async function startThroughGateway(referenceUrl: string, instances: number): Promise<ThroughGateway> {
  const built = await buildApp(appDir);
  if (!built.ok) throw new Error(built.error.join('\n'));
  const log: string[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-conformance-'));
  let stack: Stack | undefined;

  async function stop(): Promise<void> {
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await makeConfig(folder, referenceUrl);
    stack = await startStack({
      appDir,
      configDir: folder,
      port: 0,
      instances,
      env: { REFERENCE_URL: referenceUrl },
      onLog: (line) => log.push(line),
    });
    const token = await stack.entra.issueToken({ user: 'alice', ttlSeconds: tokenTtlSeconds });
    const proxy = await startAddTokenProxy(stack.port, token);
    return {
      url: `http://localhost:${proxy.port}/mcp/reference`,
      log,
      async stop() {
        await proxy.stop();
        await stop();
      },
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** The configuration with the tools pinned as the server offers them now. */
async function makeConfig(folder: string, referenceUrl: string): Promise<void> {
  const copy = (name: string) => copyFile(join(configDir, name), join(folder, name));
  const [tools] = await Promise.all([
    listUpstreamTools({ url: referenceUrl }),
    copy('gateway.yaml'),
    copy('policies.cedar'),
  ]);
  await writePins(join(folder, 'tools.lock.json'), new Map([['reference', pinTools('reference', tools)]]));
}
