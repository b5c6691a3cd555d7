/**
 * Reads configuration and policies the way the app will, before anything starts, so that a mistake costs a second and
 * names its line. The app checks them again: this is a courtesy, not the guard.
 */
import { stat } from 'node:fs/promises';
import { createVariables } from '../../shared/azure/environment.ts';
import type { Config } from '../../shared/config/config.ts';
import { loadConfig } from '../../shared/config/load-config.ts';
import { formatProblems } from '../../shared/config/problems.ts';
import { createPolicyEngine } from '../../shared/policy/create-engine.ts';
import { err, ok, type Result } from '../../shared/result.ts';

/** The CRM's port is not known before it runs; any address on this machine serves for a check. */
const crmUrl = 'http://127.0.0.1:1/mcp';

/** An error is one line per mistake. `environment` gives what gateway.yaml refers to by `${NAME}`. */
export async function checkConfig(
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<Result<Config, readonly string[]>> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) return err([`there is no configuration folder ${folder}`]);
  const variables = createVariables({ ...environment, CRM_URL: crmUrl });
  const loaded = await loadConfig({ folder, variables });
  if (!loaded.ok) return err(formatProblems(loaded.error).split('\n'));
  const policy = createPolicyEngine(loaded.value);
  return policy.ok ? ok(loaded.value) : err(formatProblems(policy.error).split('\n'));
}
