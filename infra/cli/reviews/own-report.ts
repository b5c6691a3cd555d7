/**
 * A review made here, from blobs alone (DESIGN §6): nobody's word is taken but the public key's. Who could is known only
 * where a file says who is in which group, and a configuration what that gives them.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { formatProblems } from '../../../shared/config/problems.ts';
import { createPolicyEngine } from '../../../shared/policy/create-engine.ts';
import { err, ok } from '../../../shared/result.ts';
import { createBuilder } from '../../../shared/reviews/build-report.ts';
import type { GroupMembers } from '../../../shared/reviews/entitlements.ts';
import type { Period, PeriodSource } from '../../../shared/reviews/read-period.ts';
import type { ReviewReport } from '../../../shared/reviews/report.ts';
import { loadConfigFolder } from '../config-folder.ts';
import { CommandFailure } from '../outcome.ts';
import type { TranscriptSource } from '../transcripts/source.ts';

/** As the gateway's; without its configuration a stream is given the longest that one may last, and a margin. */
const LEASES = { leaseMs: 270_000, streamLeaseMs: 3_630_000 } as const;

export function periodSource({ reader, endorsingKey }: TranscriptSource): Omit<PeriodSource, 'nowMs'> {
  return { reader, endorsingKey, ...LEASES };
}

export interface OwnReportFlags {
  readonly members?: string;
  readonly config: string;
}

export async function buildOwnReport(
  source: TranscriptSource,
  period: Period,
  { members: file, config: folder }: OwnReportFlags,
): Promise<ReviewReport> {
  const members = file === undefined ? undefined : await readMembers(file);
  const config = await loadConfigFolder(folder);
  if (!config.ok) throw new CommandFailure(`the configuration in ${folder} is bad:\n${formatProblems(config.error)}`);
  const policy = createPolicyEngine(config.value);
  if (!policy.ok) throw new CommandFailure(`the policies in ${folder} are bad:\n${formatProblems(policy.error)}`);
  const build = createBuilder({
    ...periodSource(source),
    config: config.value,
    policy: policy.value,
    members: createFileMembers(config.value.groups, members),
    // Blocks are in the gateway's own table.
    listBlocks: async () => {
      throw new Error('not asked');
    },
    nowMs: Date.now,
    log: () => undefined,
  });
  return build(period);
}

type Members = ReadonlyMap<string, readonly z.output<typeof memberSchema>[]>;

const memberSchema = z.strictObject({
  id: z.guid().toLowerCase(),
  name: z.string().exactOptional(),
  guest: z.boolean().default(false),
});
const fileSchema = z.record(z.string(), z.array(memberSchema));

/** `{"support": [{"id": "…", "name": "alice", "guest": false}], …}`, by the names of gateway.yaml. */
async function readMembers(path: string): Promise<Members> {
  try {
    return new Map(Object.entries(fileSchema.parse(JSON.parse(await readFile(path, 'utf8')))));
  } catch (cause) {
    throw new CommandFailure(`${path} is no list of members: {"group": [{"id": "…", "name": "…"}]}`, { cause });
  }
}

/** A group that the file does not name is not known, rather than empty. */
function createFileMembers(groups: ReadonlyMap<string, string>, members: Members | undefined): GroupMembers {
  const nameOf = new Map([...groups].map(([name, id]) => [id, name]));
  return {
    async membersOf(groupId) {
      const listed = members?.get(nameOf.get(groupId) ?? '');
      return listed === undefined ? err({ cause: new Error('not listed') }) : ok({ members: listed, isWhole: true });
    },
  };
}
