/**
 * A configuration folder as the commands read it: without a running gateway, so `${NAME}` references that are not set
 * here stand for an address that no one has. What the app refuses to replace is refused here too.
 */
import { join } from 'node:path';
import { createVariables } from '../../shared/azure/environment.ts';
import type { Config, ConfigProblem } from '../../shared/config/config.ts';
import { loadConfig } from '../../shared/config/load-config.ts';
import type { Variables } from '../../shared/config/references.ts';
import type { Result } from '../../shared/result.ts';

export const DEFAULT_CONFIG_FOLDER = join(import.meta.dirname, '../config');

/** `.invalid` never resolves (RFC 2606). */
const UNSET = 'https://not-set.invalid';

/** As the app's, and a stand-in for whatever is not set. */
export function createLenientVariables(set: NodeJS.ProcessEnv = process.env): Variables {
  const environment = new Proxy(set, {
    get: (env, name) => (typeof name === 'string' ? env[name] || UNSET : undefined),
  });
  return createVariables(environment);
}

export function loadConfigFolder(
  folder: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Result<Config, readonly ConfigProblem[]>> {
  return loadConfig({ folder, variables: createLenientVariables(environment) });
}

/** Whether an address of such a configuration stands on a reference that nothing here gives a value. */
export function isSet(url: string): boolean {
  return !new URL(url).hostname.endsWith('.invalid');
}
