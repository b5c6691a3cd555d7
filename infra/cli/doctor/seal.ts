/**
 * The last seal, checked here and not by the gateway: its signature under the vault's key, and its link to the one
 * before. `sallyport verify` checks the whole chain and every transcript.
 */
import type { LastSeal } from '../../../shared/transcripts/seals/last-seal.ts';
import { broken, type Check, doubt, well } from './check.ts';

const NAME = 'seal verified';

export interface SealOptions {
  /** Undefined: nobody said where transcripts are. Rejects where they or the key can't be read. */
  readonly read: (() => Promise<LastSeal | undefined>) | undefined;
}

export function createSealCheck({ read }: SealOptions): Check {
  return {
    name: NAME,
    async look() {
      if (read === undefined) {
        const advice =
          'Say --account URL and --vault URL to check it here; else the gateway’s word stands (seal, above)';
        return [doubt(NAME, 'not looked at: not said where transcripts are', advice)];
      }
      const last = await read();
      if (last === undefined) {
        return [
          doubt(NAME, 'no seal stands that the vault’s key signed', 'Wait for the sealer’s first run, then look again'),
        ];
      }
      const detail = `number ${last.number} of ${last.time}`;
      if (last.isLinked) return [well(NAME, `${detail}: signature and link hold`)];
      return [
        broken(
          NAME,
          `${detail} does not follow the one before`,
          'Run sallyport verify now: seals were changed or removed',
        ),
      ];
    },
  };
}
