/**
 * What a configuration may say and hardly means: each a doubt, none a mistake, for the gateway runs with all of them.
 */
import type { Config } from '../../../shared/config/config.ts';
import type { PolicyEngine } from '../../../shared/policy/engine.ts';
import { count, doubt, type Finding } from './check.ts';

/** What an access review looks back over, unless somebody says otherwise. */
const REVIEW_DAYS = 30;

export function lintConfig(config: Config, engine: Pick<PolicyEngine, 'quorumsOf'>): readonly Finding[] {
  return [
    ...findShortRetention(config),
    ...findUnpinned(config),
    ...findIdleQuorums(config, engine),
    ...findClosedChannels(config),
  ];
}

function findShortRetention({ transcripts }: Config): readonly Finding[] {
  return [...transcripts.retention]
    .filter(([, { days }]) => days < REVIEW_DAYS)
    .map(([name, { days }]) => {
      const detail = `${count(days, 'day')}: a review looks back over ${REVIEW_DAYS}, and finds the rest gone`;
      return doubt(`retention ${name}`, detail, `Keep it for ${REVIEW_DAYS} days or more, or review more often`);
    });
}

function findUnpinned({ servers, lock }: Config): readonly Finding[] {
  return [...servers.keys()]
    .filter((server) => (lock.servers.get(server)?.size ?? 0) === 0)
    .map((server) => {
      const advice = `Run sallyport pin --server ${server}, review what it writes, and deploy it`;
      return doubt(`pinned ${server}`, 'no tool of it is pinned, so none can be called', advice);
    });
}

function findIdleQuorums({ quorums, lock }: Config, engine: Pick<PolicyEngine, 'quorumsOf'>): readonly Finding[] {
  const tools = [...lock.servers].flatMap(([server, ofServer]) =>
    [...ofServer.keys()].map((tool) => ({ server, tool })),
  );
  const asked = new Set(tools.flatMap(({ server, tool }) => engine.quorumsOf(server, tool)));
  return [...quorums.keys()]
    .filter((quorum) => !asked.has(quorum))
    .map((quorum) => {
      const advice = 'Take it out, or write the forbid that it was meant to lift';
      return doubt(`quorum ${quorum}`, 'no policy on any pinned tool asks for it', advice);
    });
}

/** A quorum that takes no answers but from where none can come. */
function findClosedChannels({ quorums, approvals: { teams } }: Config): readonly Finding[] {
  const isOpen = {
    page: true,
    api: true,
    'teams-reply': teams?.replySecret !== undefined,
    'teams-flow': teams?.flow !== undefined,
  };
  return [...quorums]
    .filter(([, { channels }]) => !channels.some((channel) => isOpen[channel]))
    .map(([quorum, { channels }]) => {
      const advice = 'Add page to its channels, or set up approvals.teams';
      return doubt(`quorum ${quorum}`, `it takes answers only by ${channels.join(', ')}, which is not set up`, advice);
    });
}
