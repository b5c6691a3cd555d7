// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how gateway.yaml writes a reference
/** A configuration folder becomes one frozen value, or every mistake in it at once. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../../shared/config/config.ts';
import { loadConfig } from '../../../shared/config/load-config.ts';
import { formatProblems } from '../../../shared/config/problems.ts';
import { proves } from '../../requirements.ts';
import { type Files, goodGateway, goodLock, goodPolicies, loadOptions, refundPayment } from './folder.ts';

const APPROVALS =
  '{ expireMinutes: 1, keepAnswerMinutes: 10080, teams: { webhookSecret: teams-url, replySecret: teams-key } }';

const FLOW = '5a11e000-0000-4000-8000-0000000000D6';

async function load(files: Files = {}): Promise<Config> {
  const loaded = await loadConfig(loadOptions(files));
  if (!loaded.ok) throw new Error(formatProblems(loaded.error));
  return loaded.value;
}

async function problemsOf(files: Files, variables?: Record<string, string>): Promise<string[]> {
  const loaded = await loadConfig(loadOptions(files, variables));
  return loaded.ok ? [] : formatProblems(loaded.error).split('\n');
}

describe('a good folder', () => {
  it('gives the whole configuration with its defaults', async () => {
    const config = await load();
    expect(config.identity).toEqual({
      scope: 'Mcp.Invoke',
      role: 'Mcp.Invoke.All',
      apiScope: 'Sallyport.Manage',
      apiRole: 'Sallyport.Manage.All',
      flowRole: 'Approvals.Respond',
      resource: 'exact',
      audiences: [],
      clockSkewSeconds: 60,
    });
    expect([...config.groups]).toEqual([['finance', '5a11e000-0000-4000-8000-0000000000a2']]);
    expect(config.quorums.get('finance')).toEqual({ from: [{ group: 'finance', people: 1 }], channels: ['page'] });
    expect(config.servers.get('crm')).toMatchObject({
      name: 'crm',
      url: 'http://127.0.0.1:9000/mcp',
      credential: { secret: 'crm-api-key', header: 'x-api-key' },
      retention: 'standard',
      notifications: 'off',
      uninspected: 'deny',
      release: 'worker',
    });
    expect(config.servers.get('crm')?.tools.get('refund_payment')).toEqual({ labels: ['destructive'] });
    expect(config.transcripts.retention.get('standard')).toEqual({ days: 365 });
    expect(config.limits).toMatchObject({ requestBytes: 4_194_304, deadlineMs: 240_000, depth: 64 });
    expect(config.http).toEqual({ origins: [], hosts: [], trustedHops: 1 });
    expect(config.approvals).toEqual({ expireMs: 3_600_000, keepAnswerMs: 86_400_000, openAtMost: 100 });
    expect(config.policies).toEqual({ file: 'policies.cedar', text: goodPolicies });
    expect(config.lock.servers.get('crm')?.get('refund_payment')?.definition).toEqual(refundPayment);
  });

  it('looks for every class but ip, unless it says which', async () => {
    const { masking } = await load();
    expect(masking.classes).toEqual(['card', 'us-ssn', 'iban', 'email', 'phone', 'jwt', 'private-key', 'secret']);
    const gateway = goodGateway.replace('version: 1', 'version: 1\nmasking: { classes: [secret, ip] }');
    expect((await load({ gateway })).masking.classes).toEqual(['secret', 'ip']);
    const [problem] = await problemsOf({ gateway: gateway.replace('secret, ip', 'ip, ip') });
    expect(problem).toContain('names a class twice');
  });

  it(proves('config.approvals', 'says how long approvals wait, where they count and where the call runs'), async () => {
    const gateway = goodGateway
      .replace('version: 1', `version: 1\napprovals: ${APPROVALS}`)
      .replace('- { group: finance }', '- { group: finance }\n    channels: [teams-reply, page]')
      .replace('retention: standard', 'retention: standard\n    release: caller');
    const config = await load({ gateway });
    expect(config.approvals).toEqual({
      expireMs: 60_000,
      keepAnswerMs: 604_800_000,
      openAtMost: 100,
      teams: { webhookSecret: 'teams-url', replySecret: 'teams-key' },
    });
    expect(config.quorums.get('finance')?.channels).toEqual(['teams-reply', 'page']);
    expect(config.servers.get('crm')?.release).toBe('caller');
  });

  it('names the workflow whose answers count', async () => {
    const gateway = goodGateway
      .replace('version: 1', `version: 1\napprovals: { teams: { flow: { identity: ${FLOW}, urlSecret: flow-url } } }`)
      .replace('- { group: finance }', '- { group: finance }\n    channels: [page, teams-flow]');
    const { teams } = (await load({ gateway })).approvals;
    expect(teams).toEqual({ flow: { identity: FLOW.toLowerCase(), urlSecret: 'flow-url' } });
  });

  it('is named by what sha256sum says of the three files', async () => {
    const hex = (data: string) => createHash('sha256').update(data).digest('hex');
    const lines = [
      `${hex(goodGateway)}  gateway.yaml\n`,
      `${hex(goodPolicies)}  policies.cedar\n`,
      `${hex(goodLock)}  tools.lock.json\n`,
    ];
    expect((await load()).digest).toBe(hex(lines.join('')));
    expect((await load({ policies: `${goodPolicies} ` })).digest).not.toBe((await load()).digest);
  });

  it('reads real files by default', async () => {
    const loaded = await loadConfig({ folder: 'infra/no-such-folder', variables: () => undefined });
    expect(loaded.ok ? [] : loaded.error.map(({ file, message }) => `${file}: ${message}`)).toEqual([
      'gateway.yaml: not found: infra/no-such-folder/gateway.yaml',
      'policies.cedar: not found: infra/no-such-folder/policies.cedar',
      'tools.lock.json: not found: infra/no-such-folder/tools.lock.json',
    ]);
  });
});

describe('a bad folder', () => {
  it(proves('config.problems', 'is refused with every mistake at its line and path, all at once'), async () => {
    const gateway = `
version: 2
groups:
  support: 5a11e000-0000-4000-8000-0000000000a1
  finance: 5a11e000-0000-4000-8000-0000000000A1
  Bad: x
quorums:
  finance:
    from:
      - { group: finace, peolpe: 3, people: 0 }
servers:
  _gateway: { url: https://a.example.com, retention: standard }
  crm:
    url: \${NOT_THERE}
    credentail: {}
    retention: standart
    notifications: maybe
    tools:
      refund_paymnt: { labels: [destructive, read-only] }
transcripts:
  retention:
    standard: { days: 1.5 }
limits: { deadlineMs: 999999 }
`;
    expect(await problemsOf({ gateway, policies: null })).toEqual([
      'policies.cedar: not found: conf/policies.cedar',
      'gateway.yaml:2:1 version: must be 1',
      'gateway.yaml:5:3 groups.finance: is the same group as support',
      'gateway.yaml:6:3 groups.Bad: must be a name: a small letter, then small letters, digits and hyphens, 32 in all',
      'gateway.yaml:10:11 quorums.finance.from[0].group: names no group under groups (did you mean "finance"?)',
      'gateway.yaml:10:26 quorums.finance.from[0].peolpe: is not a known key (did you mean "people"?)',
      'gateway.yaml:10:37 quorums.finance.from[0].people: must be at least 1',
      'gateway.yaml:12:3 servers._gateway: is the name of the gateway’s own records',
      'gateway.yaml:14:5 servers.crm.url: refers to ${NOT_THERE}, which is not set',
      'gateway.yaml:15:5 servers.crm.credentail: is not a known key (did you mean "credential"?)',
      'gateway.yaml:16:5 servers.crm.retention: names no class under transcripts.retention (did you mean "standard"?)',
      'gateway.yaml:17:5 servers.crm.notifications: must be on or off',
      'gateway.yaml:19:7 servers.crm.tools.refund_paymnt: is a tool that tools.lock.json does not pin (did you mean "refund_payment"?)',
      'gateway.yaml:19:24 servers.crm.tools.refund_paymnt.labels: can’t be both destructive and read-only',
      'gateway.yaml:22:17 transcripts.retention.standard.days: must be a whole number',
      'gateway.yaml:23:11 limits.deadlineMs: must be at most 240000',
    ]);
  });

  const edits: readonly (readonly [string, string, string, string])[] = [
    [
      'an unknown key at the top',
      'version: 1',
      'version: 1\nsrvers: {}',
      'srvers: is not a known key (did you mean "servers"?)',
    ],
    ['a missing version', 'version: 1', '', 'version: is missing'],
    ['a duplicate key', 'version: 1', 'version: 1\nversion: 1', 'version: this key stands here a second time'],
    ['an alias', 'days: 365', 'days: *x', 'days: aliases are not read here'],
    ['a tag', 'days: 365', 'days: !!int 365', 'days: tags are not read here'],
    [
      'a group twice in a quorum',
      '- { group: finance }',
      '- { group: finance }\n      - { group: finance }',
      'from[1].group: names a group twice',
    ],
    ['an empty quorum', '- { group: finance }', '[]', 'quorums.finance.from: must be at least 1 entries long'],
    ['a group id that is none', '5A11E000', '5A11', 'groups.finance: must be an Entra object id'],
    [
      'an upstream without TLS',
      '${CRM_URL}',
      'http://crm.example.com/mcp',
      'url: must be https; plain http is allowed to a loopback address only',
    ],
    [
      'a password in a URL',
      '${CRM_URL}',
      'https://user:hunter2@crm.example.com',
      'url: must not hold a user name or password',
    ],
    ['a file URL', '${CRM_URL}', 'file:///etc/passwd', 'url: must be https'],
    ['a malformed reference', '${CRM_URL}', 'https://${CRM-URL}', 'url: a reference is written ${NAME}'],
    ['an unclosed reference', '${CRM_URL}', 'https://x/${CRM', 'url: a reference is written ${NAME}'],
    ['a credential in Host', 'X-Api-Key', 'Host', 'credential.header: is a header that'],
    ['a credential in Cookie', 'X-Api-Key', 'cookie', 'credential.header: is a header that'],
    ['a credential in Content-Length', 'X-Api-Key', 'Content-Length', 'credential.header: is a header that'],
    ['a credential in an MCP header', 'X-Api-Key', 'Mcp-Session-Id', 'credential.header: is a header that'],
    ['a credential header that is none', 'X-Api-Key', '"a b"', 'credential.header: must be a header name'],
    ['a retention class nobody defined', 'retention: standard', 'retention: long', 'retention: names no class'],
    [
      'a retention class that names no container',
      'standard: {',
      'a--b: {',
      'must be small letters, digits and single hyphens',
    ],
    ['a label twice', '[destructive]', '[destructive, destructive]', 'labels: names a label twice'],
    ['a label nobody knows', '[destructive]', '[risky]', 'labels[0]: must be destructive or read-only or open-world'],
    [
      'an event larger than its answer',
      'version: 1',
      'version: 1\nlimits: { answerBytes: 2000, eventBytes: 3000 }',
      'limits.eventBytes: must be at most limits.answerBytes',
    ],
    [
      'a first byte after the deadline',
      'version: 1',
      'version: 1\nlimits: { firstByteMs: 900, deadlineMs: 800 }',
      'limits.firstByteMs: must be at most limits.deadlineMs',
    ],
    [
      'an origin with a path',
      'version: 1',
      'version: 1\nhttp: { origins: ["https://a.example.com/"] }',
      'http.origins[0]: must be an exact origin',
    ],
    [
      'an origin without TLS',
      'version: 1',
      'version: 1\nhttp: { origins: ["http://a.example.com"] }',
      'http.origins[0]: must be an exact origin',
    ],
    [
      'too much clock skew',
      'version: 1',
      'version: 1\nidentity: { clockSkewSeconds: 301 }',
      'identity.clockSkewSeconds: must be at most 300',
    ],
    [
      'a client that is no id',
      'version: 1',
      'version: 1\nidentity: { clients: { desktop: assistant } }',
      'identity.clients.desktop: must be the client id of an app',
    ],
    [
      'a channel twice',
      '- { group: finance }',
      '- { group: finance }\n    channels: [page, page]',
      'gateway.yaml:9:5 quorums.finance.channels: names a channel twice',
    ],
    [
      'a quorum that no channel counts for',
      '- { group: finance }',
      '- { group: finance }\n    channels: []',
      'gateway.yaml:9:5 quorums.finance.channels: must be at least 1 entries long',
    ],
    [
      'a channel nobody knows',
      '- { group: finance }',
      '- { group: finance }\n    channels: [fax]',
      'quorums.finance.channels[0]: must be page or api or teams-reply or teams-flow',
    ],
    [
      'replies from Teams without the key that proves them',
      '- { group: finance }',
      '- { group: finance }\n    channels: [page, teams-reply]',
      'gateway.yaml:9:22 quorums.finance.channels[1]: needs approvals.teams.replySecret',
    ],
    [
      'answers on cards without the workflow that brings them',
      '- { group: finance }',
      '- { group: finance }\n    channels: [page, teams-flow]',
      'gateway.yaml:9:22 quorums.finance.channels[1]: needs approvals.teams.flow',
    ],
    [
      'two that post each card',
      'version: 1',
      `version: 1\napprovals: { teams: { webhookSecret: a, flow: { identity: ${FLOW}, urlSecret: b } } }`,
      'approvals.teams.webhookSecret: posts the cards that approvals.teams.flow posts',
    ],
    [
      'a workflow that is nobody',
      'version: 1',
      'version: 1\napprovals: { teams: { flow: { identity: flow, urlSecret: b } } }',
      'approvals.teams.flow.identity: must be an Entra object id',
    ],
    [
      'one role for agents and for the workflow',
      'version: 1',
      'version: 1\nidentity: { flowRole: mcp.invoke.all }',
      'identity.flowRole: must differ from identity.role and identity.apiRole',
    ],
    ['an expiry of nothing', 'version: 1', 'version: 1\napprovals: { expireMinutes: 0 }', 'must be at least 1'],
    [
      'an answer kept for ever',
      'version: 1',
      'version: 1\napprovals: { keepAnswerMinutes: 10081 }',
      'approvals.keepAnswerMinutes: must be at most 10080',
    ],
    [
      'a secret where its name belongs',
      'version: 1',
      'version: 1\napprovals: { teams: { webhookSecret: "https://x.example.com/?sig=abc" } }',
      'approvals.teams.webhookSecret: must be a Key Vault secret name',
    ],
    [
      'a release at a place that is none',
      'retention: standard',
      'retention: standard\n    release: sweep',
      'servers.crm.release: must be worker or caller',
    ],
    [
      'one scope for agents and for those who approve',
      'version: 1',
      'version: 1\nidentity: { scope: sallyport.manage }',
      'identity.apiScope: must differ from identity.scope',
    ],
    [
      'one role for agents and for those who manage',
      'version: 1',
      'version: 1\nidentity: { apiRole: Mcp.Invoke.All }',
      'identity.apiRole: must differ from identity.role',
    ],
    ['a server name too long', 'crm:', `${'c'.repeat(33)}:`, `servers.${'c'.repeat(33)}: must be a name`],
    ['a prototype for a key', 'version: 1', 'version: 1\n__proto__: {}', 'a key must be plain text'],
  ];

  it.each(edits)('refuses %s', async (_name, from, to, expected) => {
    expect(goodGateway).toContain(from);
    const problems = await problemsOf({ gateway: goodGateway.replace(from, to) });
    expect(problems).toEqual(expect.arrayContaining([expect.stringContaining(expected)]));
    expect(problems.every((line) => /^(gateway\.yaml:\d+:\d+[ :]|tools\.lock\.json)/.test(line))).toBe(true);
  });

  it('tells no value that stood in a reference or in a URL', async () => {
    const gateway = goodGateway.replace('365', 'hunter2-in-days').replace('[destructive]', '[hunter2]');
    const variables = { CRM_URL: 'https://admin:hunter2@crm.example.com/?key=hunter2' };
    const text = (await problemsOf({ gateway }, variables)).join('\n');
    expect(text).toContain('servers.crm.url: must not hold a user name or password');
    expect(text).not.toContain('hunter2');
  });

  it('tells one thing of a text that is no YAML, without quoting it', async () => {
    const problems = await problemsOf({ gateway: 'version: 1\nservers: "hunter2" hunter2: [}\n' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^gateway\.yaml:2:\d+: is not YAML/);
    expect(problems[0]).not.toContain('hunter2');
  });

  it.each([
    ['gateway.yaml', { gateway: new Uint8Array([0xff, 0xfe]) }],
    ['policies.cedar', { policies: new Uint8Array([0xc0, 0x80]) }],
    ['tools.lock.json', { lock: new Uint8Array([0x80]) }],
  ])('refuses %s when it is not UTF-8', async (file, files) => {
    expect(await problemsOf(files)).toEqual([`${file}: is not UTF-8`]);
  });

  it('refuses pins of a server that gateway.yaml does not have', async () => {
    const lock = goodLock.replace('"crm"', '"crn"');
    expect(await problemsOf({ lock })).toContain(
      'gateway.yaml:15:7 servers.crm.tools.refund_payment: is a tool that tools.lock.json does not pin',
    );
    const gateway = goodGateway.replace(/ {4}tools:\n.*\n/, '');
    expect(await problemsOf({ gateway, lock })).toEqual(['tools.lock.json servers.crn: is no server in gateway.yaml']);
  });
});

describe('after load', () => {
  it(proves('config.frozen', 'nothing in the configuration can be changed, not even through a cast'), async () => {
    const config = await load();
    const reached: object[] = [];
    visit(config, reached);
    expect(reached.length).toBeGreaterThan(20);
    expect(reached.filter((value) => !Object.isFrozen(value))).toEqual([]);

    for (const map of [
      config.groups,
      config.quorums,
      config.servers,
      config.transcripts.retention,
      config.lock.servers,
    ]) {
      const cast = map as unknown as Map<string, unknown>;
      expect(map).not.toBeInstanceOf(Map);
      expect(() => cast.set('mallory', {})).toThrow(TypeError);
      expect(() => Map.prototype.set.call(map, 'mallory', {})).toThrow(TypeError);
      expect(() => Object.assign(cast, { get: () => 'mallory' })).toThrow(TypeError);
      expect(() => Object.defineProperty(Object.getPrototypeOf(map), 'get', { value: () => 'mallory' })).toThrow(
        TypeError,
      );
      map.forEach((_value, _key, itself) => {
        expect(itself).toBe(map);
      });
    }
    expect(config.groups.size).toBe(1);
    expect(Object.keys(config.groups)).toEqual([]);
  });

  /** Everything reachable: members of objects and arrays, entries of maps. */
  function visit(value: unknown, reached: object[]): void {
    if (typeof value !== 'object' || value === null || reached.includes(value)) return;
    reached.push(value);
    const inner = Symbol.iterator in value ? [...(value as Iterable<unknown>)] : Object.values(value);
    for (const member of inner) {
      // The pairs that a map gives are made for the asker; what is in them is the map's.
      if (Array.isArray(member) && !Array.isArray(value)) for (const part of member) visit(part, reached);
      else visit(member, reached);
    }
  }
});

describe('the sample', () => {
  it('loads as it stands, with every tool pinned', async () => {
    const folder = fileURLToPath(new URL('../../../infra/config', import.meta.url));
    const loaded = await loadConfig({ folder, variables: () => 'http://127.0.0.1:9000/mcp' });
    expect(loaded.ok ? '' : formatProblems(loaded.error)).toBe('');
    if (!loaded.ok) return;
    const { servers, lock } = loaded.value;
    expect([...servers.keys()]).toEqual(['crm']);
    expect(loaded.value.quorums.get('finance')?.channels).toEqual(['page', 'api', 'teams-reply']);
    expect(loaded.value.approvals.teams).toEqual({
      webhookSecret: 'teams-webhook-url',
      replySecret: 'teams-reply-secret',
    });
    expect([...(lock.servers.get('crm')?.keys() ?? [])]).toEqual(
      expect.arrayContaining([...(servers.get('crm')?.tools.keys() ?? [])]),
    );
  });
});
