/**
 * What people find at home (DESIGN §3): asked side by side, each part only of who may have it, and a part that can't be
 * told keeps none of the others. Who is shown what was delivered this week is on record before it is shown.
 */
import { createInbox } from '../approvals/create-inbox.ts';
import type { Person } from '../approvals/inbox.ts';
import { createOversight } from '../approvals/oversight.ts';
import type { CallParts } from '../calls/parts.ts';
import { GATEWAY_SERVER } from '../config/names.ts';
import { isOver } from '../identity/blocks/block.ts';
import type { Home, HomeFacts, Known, SealFacts } from '../pages/home-facts.ts';
import type { Duty } from '../policy/engine.ts';
import { readLastSeal } from '../transcripts/seals/last-seal.ts';
import type { GatewayPorts } from './ports.ts';

const SHOWN = 5;

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

  async function blocksInForce(): Promise<number> {
    return (await blocks.list()).filter((block) => !isOver(block, nowMs())).length;
  }

  return async (person): Promise<HomeFacts> => {
    const servers = [...config.servers.keys()];
    const administers = mayDo(person, 'administer', GATEWAY_SERVER);
    const audits = mayDo(person, 'audit', GATEWAY_SERVER);
    const watches = [...servers].some((name) => mayDo(person, 'administer', name) || mayDo(person, 'audit', name));
    const [waiting, attention, seal, blockCount] = await Promise.all([
      known('waiting', inbox.list(person, SHOWN)),
      watches
        ? known(
            'attention',
            oversight.list(person, 0).then(({ total }) => total),
          )
        : undefined,
      audits || administers ? known('seal', lastSeal()) : undefined,
      administers ? known('blocks', blocksInForce()) : undefined,
    ]);
    return {
      waiting,
      ...(attention !== undefined && { attention }),
      ...(seal !== undefined && { seal }),
      ...(blockCount !== undefined && { blocks: blockCount }),
    };
  };
}
