/** What the doctor looks at beside the gateway: upstreams, storage, seals, policies, queues, Teams. All played. */
import { describe, expect, it, vi } from 'vitest';
import { listAzureQueues } from '../../../infra/cli/doctor/azure-queues.ts';
import type { Check } from '../../../infra/cli/doctor/check.ts';
import { checkFlags, readSecretVariables } from '../../../infra/cli/doctor/doctor-flags.ts';
import { createLocksCheck } from '../../../infra/cli/doctor/locks.ts';
import { createQueuesCheck, type DeployedQueue } from '../../../infra/cli/doctor/queues.ts';
import { createSealCheck } from '../../../infra/cli/doctor/seal.ts';
import { createStorageChecks } from '../../../infra/cli/doctor/storage.ts';
import { createTeamsChecks } from '../../../infra/cli/doctor/teams.ts';
import { createUpstreamCheck, type UpstreamCheckOptions } from '../../../infra/cli/doctor/upstreams.ts';
import type { ContainerPolicy } from '../../../infra/cli/lock/container-policies.ts';
import { CommandFailure } from '../../../infra/cli/outcome.ts';
import { pinTools } from '../../../infra/cli/tools-lock-file.ts';
import { approvalQueues } from '../../../infra/local/queues.ts';
import { CredentialUnavailable } from '../../../shared/credentials/broker.ts';
import { proves } from '../../requirements.ts';

const KEY = 'key-that-nobody-may-see';

const look = (check: Check) => check.look(new AbortController().signal);
const lookAll = async (checks: readonly Check[]) => (await Promise.all(checks.map(look))).flat();

describe('an upstream', () => {
  const tool = (name: string, description = '') => ({ name, description, inputSchema: { type: 'object' } });
  const pins = (...tools: ReturnType<typeof tool>[]) => pinTools('crm', tools);
  const pinned = new Map([...pins(tool('read'), tool('pay'))].map(([name, pin]) => [name, { name, ...pin }]));
  const upstream = (more: Partial<UpstreamCheckOptions>) =>
    createUpstreamCheck({
      server: { name: 'crm', url: 'https://crm.example/mcp', drift: 'quarantine' },
      pinned,
      ask: async () => pins(tool('read'), tool('pay')),
      isLocal: true,
      ...more,
    });

  it(proves('doctor.checks', 'is well when it offers what is pinned'), async () => {
    expect(await look(upstream({}))).toEqual([
      { status: 'ok', name: 'upstream crm', detail: 'answers, and offers its 2 tools as pinned' },
    ]);
  });

  it.each([
    [pins(tool('read', 'now it sends mail'), tool('pay')), 'fail', 'not as pinned: read changed'],
    [pins(tool('read')), 'fail', 'not as pinned: pay removed'],
    [pins(tool('read'), tool('pay'), tool('new')), 'warn', 'not as pinned: new added'],
    [pins(), 'fail', 'not as pinned: pay removed, read removed'],
  ])(
    proves('doctor.checks', 'that offers something else is told, without its texts'),
    async (offered, status, detail) => {
      const advice = expect.stringContaining('sallyport pin --diff --server crm');
      expect(await look(upstream({ ask: async () => offered }))).toEqual([
        { status, name: 'upstream crm', detail, advice },
      ]);
    },
  );

  it.each<[unknown, boolean, string, RegExp]>([
    [Object.assign(new Error(`bad key ${KEY}`), { status: 401 }), false, 'fail', /^refused.*: HTTP 401$/],
    [new Error('x', { cause: new TypeError('fetch failed') }), true, 'fail', /^can’t be reached:/],
    [new Error('x', { cause: new TypeError('fetch failed') }), false, 'warn', /^can’t be reached from this machine/],
    [
      new CredentialUnavailable('crm-key', Object.assign(new Error(KEY), { statusCode: 404 })),
      true,
      'fail',
      /^its credential crm-key can’t be read: HTTP 404$/,
    ],
    [new CommandFailure('crm has two tools named a'), true, 'fail', /two tools named a/],
  ])(proves('doctor.secrets', 'that fails is told without what it said'), async (error, isLocal, status, expected) => {
    const found = await look(upstream({ ask: () => Promise.reject(error), isLocal }));
    expect(found).toMatchObject([{ status, detail: expect.stringMatching(expected), advice: expect.any(String) }]);
    expect(JSON.stringify(found)).not.toContain(KEY);
  });

  it(proves('doctor.advice', 'that was not looked at is a doubt, told with what it takes'), async () => {
    expect(await look(upstream({ ask: undefined }))).toMatchObject([
      { status: 'warn', advice: 'Give its credential: --vault URL, or --secret-env crm=VARIABLE' },
    ]);
    const server = { name: 'crm', url: 'https://not-set.invalid', drift: 'quarantine' } as const;
    expect(await look(upstream({ server }))).toMatchObject([
      { status: 'warn', detail: 'not looked at: its address is not set here' },
    ]);
  });
});

describe('the local storage', () => {
  const storage = (containers: string[], tables: string[], versions: number[]) =>
    createStorageChecks({
      places: {
        containers: async () => containers,
        tables: async () => tables,
        keyVersions: async () => versions,
      },
      containers: ['seals', 'sealed'],
      tables: ['blocks'],
    });

  it(proves('doctor.checks', 'is well with all of it there'), async () => {
    const found = await lookAll(storage(['sealed', 'seals', 'other'], ['blocks'], [1, 3, 2]));
    expect(found.map(({ status, detail }) => `${status} ${detail}`)).toEqual([
      'ok all 2 are there',
      'ok all 1 are there',
      'ok 3 versions, the newest is 3',
    ]);
  });

  it(proves('doctor.checks', 'fails for what is missing, by name'), async () => {
    expect(await lookAll(storage(['seals'], [], []))).toMatchObject([
      { name: 'containers', status: 'fail', detail: 'missing: sealed' },
      { name: 'tables', status: 'fail', detail: 'missing: blocks' },
      { name: 'keyring', status: 'warn', detail: 'it has no version yet' },
    ]);
  });
});

describe('the last seal', () => {
  const last = { number: 7, time: '2026-11-22T12:00:00.000Z', sha256: 'a', isLinked: true, left: 0 };

  it.each([
    [async () => last, 'ok', /number 7 .* hold$/],
    [async () => ({ ...last, isLinked: false }), 'fail', /does not follow the one before/],
    [async () => undefined, 'warn', /no seal stands/],
    [undefined, 'warn', /not looked at/],
  ])(proves('doctor.checks', 'is judged by signature and link (%#)'), async (read, status, expected) => {
    expect(await look(createSealCheck({ read }))).toMatchObject([{ status, detail: expect.stringMatching(expected) }]);
  });
});

describe('immutability policies', () => {
  const policy = (container: string, state: ContainerPolicy['state']): ContainerPolicy => {
    return { container, state, days: 365, mayAppend: true, etag: '"1"' };
  };

  it.each([
    [['locked', 'locked'], 'ok', /locked in 2 containers/],
    [['unlocked', 'locked'], 'warn', /not locked: transcripts-standard/],
    [['none', 'locked'], 'fail', /transcripts-standard has no immutability policy/],
  ] as const)(proves('doctor.checks', '%j: %s'), async ([transcripts, seals], status, expected) => {
    const list = async () => [policy('transcripts-standard', transcripts), policy('seals', seals)];
    expect(await look(createLocksCheck({ list }))).toMatchObject([{ status, detail: expect.stringMatching(expected) }]);
  });

  it('are doubted where nobody said which', async () => {
    expect(await look(createLocksCheck({ list: undefined }))).toMatchObject([{ status: 'warn' }]);
  });
});

describe('queues', () => {
  const properties = {
    status: 'Active',
    requiresDuplicateDetection: true,
    requiresSession: false,
    lockDuration: 'PT1M',
    maxDeliveryCount: 10,
    duplicateDetectionHistoryTimeWindow: 'PT10M',
    defaultMessageTimeToLive: 'P14D',
    deadLetteringOnMessageExpiration: true,
    countDetails: { deadLetterMessageCount: 0, activeMessageCount: 3 },
  };

  /** As Resource Manager answers, with something else about the first queue. */
  async function list(more: object = {}, namespaces = ['sbns-1']): Promise<readonly DeployedQueue[]> {
    const queues = approvalQueues.map(({ name }, index) => ({
      name,
      properties: { ...properties, ...(index === 0 && more) },
    }));
    const ask = async ({ path }: { readonly path: string }) => {
      const isQueues = new URL(path, 'https://management.azure.com').pathname.endsWith('/namespaces/sbns-1/queues');
      return { status: 200, problem: '', json: { value: isQueues ? queues : namespaces.map((name) => ({ name })) } };
    };
    return listAzureQueues({ ask }, { subscription: 's', resourceGroup: 'rg' });
  }

  it(proves('doctor.checks', 'are well as the template has them'), async () => {
    const found = await look(createQueuesCheck({ list, wanted: approvalQueues }));
    expect(found.map(({ status, name }) => `${status} ${name}`)).toEqual([
      'ok queue approval-notices',
      'ok queue approval-decisions',
    ]);
  });

  it.each([
    [{ status: 'ReceiveDisabled' }, 'fail', /takes or gives no messages/],
    [{ requiresDuplicateDetection: false }, 'fail', /hasDuplicateDetection/],
    [
      { lockDuration: 'PT5M', defaultMessageTimeToLive: 'P10675199DT2H48M5.4775807S' },
      'fail',
      /lockDurationMs, timeToLiveMs/,
    ],
    [{ maxDeliveryCount: 3 }, 'fail', /maxDeliveryCount/],
    [{ duplicateDetectionHistoryTimeWindow: 'soon' }, 'fail', /duplicateWindowMs/],
    [{ countDetails: { deadLetterMessageCount: 2 } }, 'warn', /2 dead letters/],
  ])(proves('doctor.checks', 'that are otherwise are told: %j'), async (more, status, expected) => {
    const found = await look(createQueuesCheck({ list: () => list(more), wanted: approvalQueues }));
    expect(found).toMatchObject([
      { name: 'queue approval-notices', status, detail: expect.stringMatching(expected), advice: expect.any(String) },
      { status: 'ok' },
    ]);
  });

  it(proves('doctor.checks', 'that are not there fail, and those that nobody named are doubted'), async () => {
    const gone = createQueuesCheck({ list: async () => [], wanted: approvalQueues });
    expect(await look(gone)).toMatchObject([{ status: 'fail' }, { status: 'fail', detail: 'it is not there' }]);
    expect(await look(createQueuesCheck({ list: undefined, wanted: [] }))).toMatchObject([{ status: 'warn' }]);
    await expect(list({}, [])).rejects.toThrow('no Service Bus namespace');
    await expect(list({}, ['a', 'b'])).rejects.toThrow('more than one');
    const ask = async () => ({ status: 403, problem: '403 AuthorizationFailed', json: {} });
    await expect(listAzureQueues({ ask }, { subscription: 's', resourceGroup: 'r' })).rejects.toThrow('403 Auth');
  });
});

describe('Teams', () => {
  const URL_SECRET = `https://flow.example/${KEY}`;
  const teams = { webhookSecret: 'teams-url', replySecret: 'teams-key' };
  const secrets = (values: Readonly<Record<string, string>>) => ({
    async read(name: string) {
      const value = values[name];
      if (value === undefined) throw Object.assign(new Error(KEY), { statusCode: 404, code: 'SecretNotFound' });
      return { value, version: '1' };
    },
  });

  it(proves('doctor.checks', 'is well with its secrets in the vault, and posts nothing'), async () => {
    const found = await lookAll(
      createTeamsChecks({ teams, secrets: secrets({ 'teams-url': URL_SECRET, 'teams-key': 'k' }) }),
    );
    expect(found.map(({ status, name }) => `${status} ${name}`)).toEqual(['ok teams webhook', 'ok teams replies']);
    expect(JSON.stringify(found)).not.toContain(KEY);
  });

  it.each([
    [{ 'teams-key': 'k' }, /secret teams-url can’t be read: HTTP 404, SecretNotFound/],
    [{ 'teams-url': KEY, 'teams-key': 'k' }, /what stands in teams-url is not an absolute URL/],
    [{ 'teams-url': `http://flow.example/${KEY}`, 'teams-key': 'k' }, /must be https/],
  ])(proves('doctor.secrets', 'fails without a word of the address (%#)'), async (values, expected) => {
    const found = await lookAll(createTeamsChecks({ teams, secrets: secrets(values) }));
    expect(found[0]).toMatchObject({
      status: 'fail',
      detail: expect.stringMatching(expected),
      advice: expect.any(String),
    });
    expect(JSON.stringify(found)).not.toContain(KEY);
  });

  it('fails for an empty reply secret, doubts what no vault was named for, and is well where it is not set up', async () => {
    const empty = createTeamsChecks({ teams: { replySecret: 'teams-key' }, secrets: secrets({ 'teams-key': ' ' }) });
    expect(await lookAll(empty)).toMatchObject([{ status: 'fail', detail: 'what stands in teams-key is empty' }]);
    expect(await lookAll(createTeamsChecks({ teams, secrets: undefined }))).toMatchObject([
      { status: 'warn' },
      { status: 'warn' },
    ]);
    expect(await lookAll(createTeamsChecks({ teams: undefined, secrets: undefined }))).toMatchObject([
      { status: 'ok' },
    ]);
  });

  it(proves('doctor.checks', 'gets a card when somebody asked for one, and says whether it was taken'), async () => {
    const given = secrets({ 'teams-url': URL_SECRET, 'teams-key': 'k' });
    const post = vi.fn(async () => undefined);
    expect((await lookAll(createTeamsChecks({ teams, secrets: given, post }))).at(-1)).toMatchObject({ status: 'ok' });
    expect(post.mock.calls).toEqual([['teams-url']]);
    const refused = () => Promise.reject(new CommandFailure('the Teams workflow answered 403'));
    expect((await lookAll(createTeamsChecks({ teams, secrets: given, post: refused }))).at(-1)).toMatchObject({
      status: 'fail',
      detail: 'could not be posted: the Teams workflow answered 403',
    });
    const flow = { identity: 'i', urlSecret: 'teams-url' };
    const found = await lookAll(createTeamsChecks({ teams: { flow }, secrets: given, post }));
    expect(found).toMatchObject([
      { name: 'teams flow', status: 'ok' },
      { name: 'teams card', status: 'warn' },
    ]);
    expect(post).toHaveBeenCalledOnce();
  });
});

describe('the flags', () => {
  const base = { data: '', config: '', sealKey: '' };

  it.each([
    [{ ...base, local: true, vault: 'https://v' }, /leave out what belongs to --url/],
    [{ ...base, url: 'https://g', subscription: 's' }, /belong together/],
    [{ ...base, url: 'https://g', postTestCard: true }, /--post-test-card needs --vault/],
    [{ ...base, url: 'https://g', account: 'sttr1' }, /--account must be the https URL/],
  ])('that do not go together are refused: %j', (flags, expected) => {
    expect(() => checkFlags(flags)).toThrow(expected);
  });

  it(proves('doctor.secrets', 'take the name of a variable, and never repeat what was given instead'), () => {
    const servers = new Map([['crm', {}]]);
    vi.stubEnv('DOCTOR_TEST_KEY', KEY);
    expect(readSecretVariables(['crm=DOCTOR_TEST_KEY'], servers)).toEqual(new Map([['crm', 'DOCTOR_TEST_KEY']]));
    expect(() => readSecretVariables(['wiki=DOCTOR_TEST_KEY'], servers)).toThrow('wiki in --secret-env is no server');
    vi.unstubAllEnvs();
    expect(() => readSecretVariables(['crm=DOCTOR_TEST_KEY'], servers)).toThrow('DOCTOR_TEST_KEY is not set');
    expect(() => readSecretVariables([`crm=${KEY}`], servers)).toThrow(/^--secret-env takes SERVER=VARIABLE, the name/);
  });
});
