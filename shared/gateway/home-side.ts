/**
 * What people find at home (DESIGN §3): asked side by side, each part only of who may have it, and a part that can't be
 * told keeps none of the others. Who is shown what was delivered this week is on record before it is shown.
 */
import { createInbox } from '../approvals/create-inbox.ts';
import type { Person } from '../approvals/inbox.ts';
import { createOversight } from '../approvals/oversight.ts';
import type { CallParts } from '../calls/parts.ts';
import { recordView } from '../calls/record-view.ts';
import { GATEWAY_SERVER } from '../config/names.ts';
import { isOver } from '../identity/blocks/block.ts';
import type { Home, HomeFacts, Known, SealFacts, ServerWeek } from '../pages/home-facts.ts';
import type { Duty } from '../policy/engine.ts';
import { addUpSessions } from '../sessions/add-up-sessions.ts';
import { readLastSeal } from '../transcripts/seals/last-seal.ts';
import type { GatewayPorts } from './ports.ts';

const SHOWN = 5;
const WEEK_MS = 7 * 24 * 3_600_000;
/** Enough for a few hundred people a day; a page must not read more. */
const MAX_SESSIONS = 2_000;

export function createHome(parts: CallParts, ports: GatewayPorts): Home {
  const { policy, config, blocks, nowMs, log } = parts;
  const inbox = createInbox(parts);
  const oversight = createOversight(parts);

  const known = <T>(part: string, asked: Promise<T>): Promise<Known<T>> =>
    asked.catch((cause: unknown) => {
      log('warn', 'home-part-unavailable', { part }, cause);
      return 'unavailable';
    });

  function mayDo(person: Person, duty: Duty, server: string): boolean {
    const request = { timeMs: nowMs(), address: person.address, era: 'modern' } as const;
    return policy.mayDo({ ...person, request }, duty, server);
  }

  async function lastSeal(): Promise<SealFacts | 'none'> {
    const last = await readLastSeal({ reader: ports.transcripts, endorsingKey: ports.endorsingKey });
    if (last === undefined) return 'none';
    const { number, time, isLinked, left } = last;
    return { number, timeMs: Date.parse(time), verifies: isLinked, left };
  }

  /** Of each server that the person audits. Rejects when it can't be recorded, or the index can't be read. */
  async function lastWeek(person: Person, servers: readonly string[]): Promise<readonly ServerWeek[]> {
    const { principal, agent, channel, tokenId, address } = person;
    const sinceMs = nowMs() - WEEK_MS;
    const looked = recordView(parts, {
      what: 'home',
      by: { principal, agent, channel, tokenId, address },
      server: GATEWAY_SERVER,
      subject: servers.join(', '),
    });
    const totals = servers.map((server) => addUpSessions(ports.sessionIndex.list(server, { sinceMs }), MAX_SESSIONS));
    const [weeks] = await Promise.all([Promise.all(totals), looked]);
    return servers.flatMap((server, index) => (weeks[index] ? [{ server, ...weeks[index] }] : []));
  }

  async function blocksInForce(): Promise<number> {
    return (await blocks.list()).filter((block) => !isOver(block, nowMs())).length;
  }

  return async (person): Promise<HomeFacts> => {
    const servers = [...config.servers.keys()];
    const administers = mayDo(person, 'administer', GATEWAY_SERVER);
    const audits = mayDo(person, 'audit', GATEWAY_SERVER);
    const audited = servers.filter((name) => mayDo(person, 'audit', name));
    const watches = audited.length > 0 || servers.some((name) => mayDo(person, 'administer', name));
    const [waiting, attention, seal, week, blockCount] = await Promise.all([
      known('waiting', inbox.list(person, SHOWN)),
      watches
        ? known(
            'attention',
            oversight.list(person, 0).then(({ total }) => total),
          )
        : undefined,
      audits || administers ? known('seal', lastSeal()) : undefined,
      audited.length > 0 ? known('week', lastWeek(person, audited)) : undefined,
      administers ? known('blocks', blocksInForce()) : undefined,
    ]);
    return {
      waiting,
      ...(attention !== undefined && { attention }),
      ...(seal !== undefined && { seal }),
      ...(week !== undefined && { week }),
      ...(blockCount !== undefined && { blocks: blockCount }),
    };
  };
}
