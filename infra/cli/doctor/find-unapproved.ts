/**
 * Tools whose calls can be held for people whom no policy lets approve them: such a call waits until it expires. Tried
 * out, not proved: with somebody who is only in the group, somebody who is in all of them, and the people that policies
 * name; now, from an unknown address.
 */
import type { Config } from '../../../shared/config/config.ts';
import type { Asker, PolicyEngine } from '../../../shared/policy/engine.ts';
import { doubt, type Finding } from './check.ts';

type Engine = Pick<PolicyEngine, 'quorumsOf' | 'mayApprove'>;

const SOMEBODY = 'd0c70000-0000-4000-8000-000000000001';
const REQUESTER = { kind: 'user', id: 'd0c70000-0000-4000-8000-000000000002', guest: false } as const;
const NAMED_USER = /\bUser::"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"/g;

export function findUnapproved(config: Config, engine: Engine, nowMs: number): readonly Finding[] {
  const people = [SOMEBODY, ...[...config.policies.text.matchAll(NAMED_USER)].flatMap(([, id]) => id ?? [])];
  const groups = [...config.groups.keys()];
  const mayApprove = (server: string, tool: string, quorum: string, group: string): boolean =>
    people.some((id) =>
      [[group], groups].some((theirs) =>
        (config.quorums.get(quorum)?.channels ?? []).some((channel) =>
          engine.mayApprove(somebody(id, theirs, nowMs), { server, tool, channel, requester: REQUESTER }),
        ),
      ),
    );

  const tools = [...config.lock.servers].flatMap(([server, ofServer]) =>
    [...ofServer.keys()].map((tool) => ({ server, tool })),
  );
  return tools.flatMap(({ server, tool }) =>
    engine.quorumsOf(server, tool).flatMap((quorum) =>
      (config.quorums.get(quorum)?.from ?? [])
        .filter(({ group }) => !mayApprove(server, tool, quorum, group))
        .map(({ group }) => {
          const detail = `a call can be held for ${quorum}, and nobody of ${group} may approve it`;
          return doubt(`approvers ${server}/${tool}`, detail, `Permit ${group} the action approve on ${server}`);
        }),
    ),
  );
}

function somebody(id: string, groups: readonly string[], timeMs: number): Asker {
  return {
    principal: { kind: 'user', id, guest: false },
    agent: { id: SOMEBODY },
    groups,
    request: { timeMs, address: 'unknown', era: 'modern' },
  };
}
