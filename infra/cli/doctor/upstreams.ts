/**
 * Whether an upstream answers with its credential, and still offers what is pinned (as `pin --check` sees it). What it
 * says is never told, not even in an error: it knows the credential.
 */
import type { PinnedTool, ServerConfig } from '../../../shared/config/config.ts';
import { CredentialUnavailable } from '../../../shared/credentials/broker.ts';
import { isSet } from '../config-folder.ts';
import { comparePins, type PinChange } from '../pins/compare-pins.ts';
import { type Pin, quoteName } from '../tools-lock-file.ts';
import { broken, type Check, count, doubt, type Finding, well } from './check.ts';
import { explainTrouble, isUnreached } from './explain-trouble.ts';

export interface UpstreamCheckOptions {
  readonly server: Pick<ServerConfig, 'name' | 'url' | 'credential' | 'drift'>;
  readonly pinned: ReadonlyMap<string, PinnedTool>;
  /** Of all its tools; undefined: nobody gave its credential. */
  readonly ask: (() => Promise<ReadonlyMap<string, Pin>>) | undefined;
  /** On this machine, what the gateway reaches is reached from here too; elsewhere it may not be. */
  readonly isLocal: boolean;
}

const MOST_NAMED = 5;

export function createUpstreamCheck(options: UpstreamCheckOptions): Check {
  const { server, ask } = options;
  const name = `upstream ${server.name}`;
  return {
    name,
    async look() {
      if (!isSet(server.url)) {
        const advice = 'Set the variable that its url in gateway.yaml refers to, as the app has it';
        return [doubt(name, 'not looked at: its address is not set here', advice)];
      }
      if (ask === undefined) {
        const advice = `Give its credential: --vault URL, or --secret-env ${server.name}=VARIABLE`;
        return [doubt(name, 'not looked at: its credential was not given', advice)];
      }
      try {
        return [judge(name, options, await ask())];
      } catch (error) {
        return [judgeTrouble(name, options, error)];
      }
    },
  };
}

function judge(
  name: string,
  { server, pinned }: Pick<UpstreamCheckOptions, 'server' | 'pinned'>,
  offered: ReadonlyMap<string, Pin>,
): Finding {
  const changes = comparePins(new Map([[server.name, pinned]]), new Map([[server.name, offered]]));
  if (changes.length === 0) return well(name, `answers, and offers its ${count(pinned.size, 'tool')} as pinned`);
  const advice = `Read sallyport pin --diff --server ${server.name}; accept what is right, and ask its owner about the rest`;
  // What is new is not there for anybody; what differs or is gone takes a tool away from people, or is let through changed.
  const isNewOnly = changes.every(({ change }) => change === 'added');
  return isNewOnly ? doubt(name, describe(changes), advice) : broken(name, describe(changes), advice);
}

function describe(changes: readonly PinChange[]): string {
  const named = changes.slice(0, MOST_NAMED).map(({ change, tool }) => `${quoteName(tool)} ${change}`);
  const more = changes.length > MOST_NAMED ? `, and ${changes.length - MOST_NAMED} more` : '';
  return `not as pinned: ${named.join(', ')}${more}`;
}

function judgeTrouble(name: string, { server, isLocal }: UpstreamCheckOptions, error: unknown): Finding {
  const why = explainTrouble(error);
  if (error instanceof CredentialUnavailable) {
    const advice = `Put the secret ${error.secret} into the vault, and see that you may read it`;
    return broken(name, `its credential ${error.secret} can’t be read: ${why}`, advice);
  }
  if (!isUnreached(error)) {
    return broken(name, `refused, or answered as no MCP server does: ${why}`, 'See its credential and its log');
  }
  if (isLocal) return broken(name, `can’t be reached: ${why}`, `See that ${server.name} runs`);
  const advice = 'From a network that only the app is in, see circuit above, or run this inside that network';
  return doubt(name, `can’t be reached from this machine: ${why}`, advice);
}
