/** What the doctor says of a configuration: the sample’s, and the sample’s with one thing wrong. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG_FOLDER, loadConfigFolder } from '../../../infra/cli/config-folder.ts';
import type { Check, Finding } from '../../../infra/cli/doctor/check.ts';
import { createConfigurationCheck } from '../../../infra/cli/doctor/configuration.ts';
import { createPeopleChecks } from '../../../infra/cli/doctor/people.ts';
import type { Config } from '../../../shared/config/config.ts';
import { createPolicyEngine } from '../../../shared/policy/create-engine.ts';
import { err, ok } from '../../../shared/result.ts';
import { proves } from '../../requirements.ts';

const loaded = await loadConfigFolder(DEFAULT_CONFIG_FOLDER);
if (!loaded.ok) throw new Error('the sample has a mistake');
const sample: Config = loaded.value;
const FINANCE = sample.groups.get('finance') ?? '';

const look = (check: Check) => check.look(new AbortController().signal);

async function examine(config: Config): Promise<readonly Finding[]> {
  const engine = createPolicyEngine(config);
  if (!engine.ok) throw new Error(JSON.stringify(engine.error));
  return look(createConfigurationCheck({ loaded: ok({ config, engine: engine.value }), nowMs: () => 0 }));
}

function withPolicies(change: (text: string) => string): Config {
  const text = change(sample.policies.text);
  expect(text).not.toBe(sample.policies.text);
  return { ...sample, policies: { ...sample.policies, text } };
}

/** Without the policy of this @id. */
const without = (id: string) => withPolicies((text) => text.replace(new RegExp(`@id\\("${id}"\\)[^;]*;`), ''));
const quorum = (channels: Config['quorums'] extends ReadonlyMap<string, infer Q> ? Q : never) =>
  new Map([['finance', channels]]);

describe('the configuration', () => {
  it(proves('doctor.checks', 'of the sample is well, and nothing in it is doubted'), async () => {
    expect(await examine(sample)).toEqual([
      { status: 'ok', name: 'configuration', detail: '1 server, 6 pinned tools: the policies fit' },
    ]);
  });

  it(proves('doctor.checks', 'fails with each mistake that policy check would name'), async () => {
    const config = withPolicies((text) => text.replace('context.args.amount > 5000', 'context.args.amuont > 5000'));
    const engine = createPolicyEngine(config);
    if (engine.ok) throw new Error('it has a mistake');
    const [finding, ...more] = await look(createConfigurationCheck({ loaded: engine, nowMs: () => 0 }));
    expect(finding).toMatchObject({ status: 'fail', advice: expect.stringContaining('sallyport policy check') });
    expect(finding?.detail).toMatch(/policies\.cedar:\d+:\d+.*amuont/);
    expect(more).toEqual([]);
  });

  it.each<[string, Config, string, RegExp]>([
    [
      'a call that nobody may approve',
      without('finance-approves'),
      'approvers crm/refund_payment',
      /held for finance, and nobody of finance may approve it/,
    ],
    [
      'a retention that a review outlives',
      { ...sample, transcripts: { ...sample.transcripts, retention: new Map([['standard', { days: 7 }]]) } },
      'retention standard',
      /^7 days: a review looks back over 30/,
    ],
    [
      'a server without pins',
      { ...sample, servers: new Map([...sample.servers, ['wiki', { ...server(), name: 'wiki' }]]) },
      'pinned wiki',
      /no tool of it is pinned/,
    ],
    [
      'a quorum that nothing waits for',
      { ...sample, quorums: new Map([...sample.quorums, ['board', { from: [], channels: ['page'] }]]) },
      'quorum board',
      /no policy on any pinned tool asks for it/,
    ],
    [
      'a quorum with no way to answer',
      { ...sample, quorums: quorum({ from: [{ group: 'finance', people: 1 }], channels: ['teams-flow'] }) },
      'quorum finance',
      /only by teams-flow, which is not set up/,
    ],
  ])(proves('doctor.checks', '%s is a doubt, told with what to do'), async (_what, config, name, expected) => {
    const found = await examine(config);
    expect(found[0]?.status).toBe('ok');
    const finding = found.find((one) => one.name === name);
    expect(finding).toMatchObject({ status: 'warn', advice: expect.stringMatching(/\w{3}/) });
    expect(finding?.detail).toMatch(expected);
  });

  it('does not doubt an approver whom a policy names, nor one who has to be in two groups', async () => {
    const named =
      'permit (principal == User::"5a11e000-0000-4000-8000-0000000000b2", action == Action::"approve", resource);';
    const both =
      'permit (principal in Group::"finance", action == Action::"approve", resource) when { principal in Group::"auditors" };';
    for (const policy of [named, both]) {
      const config = withPolicies((text) => text.replace(/permit \([^;]*Action::"approve"[^;]*;/, policy));
      expect(await examine(config)).toHaveLength(1);
    }
  });
});

describe('the people of quorums', () => {
  const members = (number: number) => ({
    asked: [] as [string, number][],
    async membersOf(group: string, most: number) {
      this.asked.push([group, most]);
      const all = Array.from({ length: number }, (_, index) => ({ id: String(index), guest: false }));
      return ok({ members: all.slice(0, most), isWhole: number <= most });
    },
  });

  it.each([
    [0, 'fail', /none is ever met/],
    [1, 'warn', /what one of them asks for is never approved/],
    [2, 'ok', /more than 1 in it/],
    [500, 'ok', /more than 1 in it/],
  ])(proves('doctor.checks', '%d in a group of which one approves: %s'), async (number, status, expected) => {
    const graph = members(number);
    const found = await Promise.all(createPeopleChecks({ config: sample, members: graph }).map(look));
    expect(found).toMatchObject([[{ name: 'people finance', status, detail: expect.stringMatching(expected) }]]);
    expect(graph.asked).toEqual([[FINANCE, 2]]);
  });

  it(proves('doctor.advice', 'a directory that does not say is a doubt, with how it might'), async () => {
    const membersOf = async () => err({ cause: Object.assign(new Error('secret words'), { statusCode: 403 }) });
    const [check] = createPeopleChecks({ config: sample, members: { membersOf } });
    expect(check && (await look(check))).toMatchObject([
      { status: 'warn', detail: 'not looked at: HTTP 403', advice: expect.stringContaining('sign in with az') },
    ]);
  });
});

function server() {
  const [crm] = sample.servers.values();
  if (crm === undefined) throw new Error('the sample has a server');
  return crm;
}
