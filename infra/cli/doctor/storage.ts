/**
 * Whether every container and table that the app writes to is there, and how many versions the keyring has. On this
 * machine alone: a deployment's storage is opened by its identity, and answered for by the gateway's health.
 */
import { broken, type Check, count, doubt, type Finding, well } from './check.ts';

export interface StoragePlaces {
  containers(): Promise<readonly string[]>;
  tables(): Promise<readonly string[]>;
  /** Numbers of the keyring's versions. */
  keyVersions(): Promise<readonly number[]>;
}

export interface StorageOptions {
  readonly places: StoragePlaces;
  /** Names that have to be there. */
  readonly containers: readonly string[];
  readonly tables: readonly string[];
}

const ADVICE = 'Stop the stack and start it again: it makes what is missing';

export function createStorageChecks({ places, containers, tables }: StorageOptions): readonly Check[] {
  return [
    { name: 'containers', look: async () => [judge('containers', containers, await places.containers())] },
    { name: 'tables', look: async () => [judge('tables', tables, await places.tables())] },
    { name: 'keyring', look: async () => [judgeKeyring(await places.keyVersions())] },
  ];
}

function judge(name: string, wanted: readonly string[], there: readonly string[]): Finding {
  const missing = wanted.filter((one) => !there.includes(one));
  if (missing.length > 0) return broken(name, `missing: ${missing.join(', ')}`, ADVICE);
  return well(name, `all ${wanted.length} are there`);
}

function judgeKeyring(versions: readonly number[]): Finding {
  if (versions.length === 0) {
    return doubt('keyring', 'it has no version yet', 'The gateway makes the first at its start: see its log');
  }
  return well('keyring', `${count(versions.length, 'version')}, the newest is ${Math.max(...versions)}`);
}
