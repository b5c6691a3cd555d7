/**
 * The gateway's own view of what it depends on, taken over from `GET /api/health`: it asks as the identity that it runs
 * as, which nobody else can. It says no reason; those are in its log.
 */
import type { HealthReport } from '../../../shared/api/routes/health-schema.ts';
import { healthSchema } from '../../../shared/api/routes/health-schema.ts';
import type { ApiClient } from '../api-client.ts';
import { CommandRefusal } from '../outcome.ts';
import { broken, type Check, count, doubt, type Finding, well } from './check.ts';
import { explainTrouble } from './explain-trouble.ts';

export interface HealthOptions {
  /** Rejects where nobody is signed in. */
  readonly openApi: () => Promise<ApiClient>;
  /** Of this command. */
  readonly version: string;
}

const BLOB = 'The identity needs Storage Blob Data roles on that account, and the account to be in reach of the app';
const TABLE = 'The identity needs Storage Table Data Contributor on the state’s account; deploy again makes the table';

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['transcripts', `${BLOB}: until then no call is let through`],
  ['sealed-store', `${BLOB}: until then nothing is held or decided`],
  ['key-vault', 'The identity needs Key Vault Crypto User on the seal key, and the vault to be in reach of the app'],
  ['service-bus', 'Both queues must be there, active, and the identity Sender and Receiver on each'],
  ['graph', 'Give the identity GroupMember.Read.All and User.Read.All of Microsoft Graph, with admin consent'],
  ['entra-keys', 'ENTRA_TENANT_ID and ENTRA_AUTHORITY_HOST must be right, and that host in reach of the app'],
]);

const SEAL_ADVICE = {
  late: 'See the log of seal-transcripts: its timer does not run, or the vault does not sign',
  broken: 'Run sallyport verify now: somebody may have changed seals, or the vault’s key',
  unknown: 'Storage or vault could not be read: see transcripts and key-vault above',
} as const;

export function createHealthCheck({ openApi, version }: HealthOptions): Check {
  return {
    name: 'health',
    async look() {
      let report: HealthReport;
      try {
        const api = await openApi();
        report = await api.ask({ path: '/api/health', schema: healthSchema });
      } catch (error) {
        return [broken('health', explainTrouble(error), adviceOf(error))];
      }
      return [
        judgeVersion(report, version),
        ...report.dependencies.map(judgeDependency),
        judgeSeal(report),
        judgeBlocks(report),
        ...report.upstreams.map(judgeCircuit),
      ];
    },
  };
}

function adviceOf(error: unknown): string {
  return error instanceof CommandRefusal
    ? 'Run this as somebody whom policy lets administer the gateway'
    : 'Sign in, then look into the gateway’s log: 503 says that it knows neither blocks nor signing keys';
}

function judgeVersion({ version }: HealthReport, ours: string): Finding {
  if (version === ours) return well('version', version);
  const detail = `the gateway is ${version}, this command is ${ours}`;
  return doubt('version', detail, 'Run the command of the release that is deployed: they may judge differently');
}

function judgeDependency({ name, status, ms }: HealthReport['dependencies'][number]): Finding {
  if (status === 'ok') return well(name, `answers the gateway (${ms} ms)`);
  const advice = ADVICE.get(name) ?? (name.startsWith('table-') ? TABLE : 'Look for dependency-failed in its log');
  return broken(name, `did not answer the gateway in time, or refused it (${ms} ms)`, advice);
}

function judgeSeal({ seal: { state, number = 0, ageSeconds = 0 } }: HealthReport): Finding {
  const age = `number ${number}, ${describeAge(ageSeconds)} old`;
  if (state === 'ok') return well('seal', age);
  if (state === 'none') {
    return doubt(
      'seal',
      'there is none yet',
      'Wait for the first run of the sealer (every five minutes), then look again',
    );
  }
  const detail = {
    late: `the last one is late: ${age}`,
    broken: `${age}, and does not hold`,
    unknown: 'could not be read',
  };
  return broken('seal', detail[state], SEAL_ADVICE[state]);
}

function judgeBlocks({ blocks: { state, ageSeconds } }: HealthReport): Finding {
  if (state === 'ok') return well('blocks', `read ${ageSeconds ?? 0} s ago`);
  const age = ageSeconds === undefined ? 'never read' : `last read ${ageSeconds} s ago`;
  return broken('blocks', `${age}: everybody is denied`, 'See table-blocks: the table must be there and in reach');
}

function judgeCircuit({ server, circuit }: HealthReport['upstreams'][number]): Finding {
  if (circuit === 'closed') return well(`circuit ${server}`, 'closed, as far as the instance that was asked knows');
  const advice = `See that ${server} runs and that the app may reach it; one call in ten seconds tries it again`;
  return broken(`circuit ${server}`, 'open: it was down when the gateway asked last', advice);
}

/** `3 min`; whole minutes are enough for a person. */
export function describeAge(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : count(Math.round(minutes / 60), 'hour');
}
