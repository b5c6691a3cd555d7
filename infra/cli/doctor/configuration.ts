/**
 * Whether the configuration folder loads and its policies fit, as `policy check` says, and what in it is allowed and
 * still hardly meant. It reads the folder; whether the gateway runs the same, the metadata checks can only hint at.
 */
import type { Config, ConfigProblem } from '../../../shared/config/config.ts';
import { formatProblems } from '../../../shared/config/problems.ts';
import type { PolicyEngine } from '../../../shared/policy/engine.ts';
import type { Result } from '../../../shared/result.ts';
import { broken, type Check, count, type Finding, well } from './check.ts';
import { findUnapproved } from './find-unapproved.ts';
import { lintConfig } from './lint-config.ts';

export interface LoadedPolicies {
  readonly config: Config;
  readonly engine: PolicyEngine;
}

export interface ConfigurationOptions {
  readonly loaded: Result<LoadedPolicies, readonly ConfigProblem[]>;
  readonly nowMs: () => number;
}

const NAME = 'configuration';

export function createConfigurationCheck({ loaded, nowMs }: ConfigurationOptions): Check {
  return {
    name: NAME,
    async look() {
      if (!loaded.ok) return formatProblems(loaded.error).split('\n').map(describeProblem);
      const { config, engine } = loaded.value;
      const tools = [...config.lock.servers.values()].reduce((sum, ofServer) => sum + ofServer.size, 0);
      const detail = `${count(config.servers.size, 'server')}, ${count(tools, 'pinned tool')}: the policies fit`;
      return [well(NAME, detail), ...lintConfig(config, engine), ...findUnapproved(config, engine, nowMs())];
    },
  };
}

/** An app with such a file does not start. */
function describeProblem(problem: string): Finding {
  return broken(NAME, problem, 'Mend it before the next deployment; sallyport policy check says when it is right');
}
