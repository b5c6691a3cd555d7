/** Everything that an index holds, for comparison: summaries in the order of lists, and positions. */
import type { SessionIndex } from '../../../shared/sessions/session-index.ts';

export async function dumpIndex(index: SessionIndex, servers = ['crm', '_gateway']) {
  const dumped = servers.map(async (server) => {
    const sessions = await Array.fromAsync(index.list(server, {}));
    const positions = await Promise.all(sessions.map(({ id }) => index.listPositions(server, id)));
    return sessions.map((summary, at) => ({ summary, positions: positions[at] }));
  });
  return (await Promise.all(dumped)).flat();
}
