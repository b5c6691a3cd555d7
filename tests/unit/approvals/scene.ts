/**
 * What held calls are tested with: two servers with one tool (one released by the worker, one by the caller),
 * four sets of policies that may change under an open request, and people whose groups may.
 */
import { createHash } from 'node:crypto';
import type { Config, ServerConfig } from '../../../shared/config/config.ts';
import type { Principal } from '../../../shared/identity/caller.ts';
import type { JsonObject } from '../../../shared/json/value.ts';
import type { Keyring } from '../../../shared/keys/keyring.ts';
import { addKeyVersion, loadKeyring } from '../../../shared/keys/load-keyring.ts';
import { createMasker } from '../../../shared/masking/mask.ts';
import { createPolicyEngine } from '../../../shared/policy/create-engine.ts';
import type { PolicyEngine } from '../../../shared/policy/engine.ts';
import { createMemoryTable, createMemoryWrapper } from '../keys/memory-vault.ts';

export const TENANT = '5a11e000-0000-4000-8000-000000000001';
const oid = (digits: string): string => `5a11e000-0000-4000-8000-0000000000${digits}`;

/** Alice asks and is in finance herself: nothing but being the requester keeps her from approving. */
export const PEOPLE = [
  { name: 'alice', groups: ['support', 'finance'] },
  { name: 'bob', groups: ['support', 'finance'] },
  { name: 'erin', groups: ['finance'] },
  { name: 'carol', groups: ['auditors'] },
  { name: 'mallory', groups: [] },
].map(({ name, groups }, index) => ({
  name,
  groups,
  principal: { kind: 'user', id: oid(`b${index + 1}`), name, guest: false } satisfies Principal,
}));

/** Who asks, through which agent: alice through two. */
export const REQUESTERS = [
  { person: 0, agent: { id: oid('c1'), name: 'assistant' } },
  { person: 0, agent: { id: oid('c3'), name: 'another' } },
  { person: 1, agent: { id: oid('c1'), name: 'assistant' } },
] as const;

/** The first two are one call, written in two ways. */
export const CALLS: readonly { readonly server: string; readonly args: string; readonly sameAs: number }[] = [
  { server: 'crm', args: '{"amount":500,"note":"a"}', sameAs: 0 },
  { server: 'crm', args: '{"note":"a","amount":500}', sameAs: 0 },
  { server: 'crm', args: '{"amount":900}', sameAs: 2 },
  { server: 'erp', args: '{"amount":500,"note":"a"}', sameAs: 3 },
];

const SEEN_BY_SUPPORT = `
@id("support-pays") permit (principal in Group::"support", action in Action::"use", resource);
@id("approvers") permit (principal, action == Action::"approve", resource)
when { principal in Group::"finance" || principal in Group::"auditors" };
`;

const needs = (...quorums: string[]) =>
  ['crm', 'erp'].map(
    (server) => `
@id("${server}-needs") forbid (principal, action == Action::"${server}/pay", resource)
when { context.args.amount > 100 }
unless { ${quorums.map((quorum) => `context.approval.met.contains(Quorum::"${quorum}")`).join(' && ')} };`,
  );

/** What each set of policies wants before a large amount is paid; `never` and `freely` speak for themselves. */
export const POLICY_SETS = {
  finance: { quorums: ['finance'], text: [SEEN_BY_SUPPORT, ...needs('finance')] },
  both: { quorums: ['finance', 'audit'], text: [SEEN_BY_SUPPORT, ...needs('finance', 'audit')] },
  never: {
    quorums: undefined,
    text: [
      SEEN_BY_SUPPORT,
      ...needs('finance'),
      '@id("stop") forbid (principal, action in Action::"call", resource) when { context.args.amount > 100 };',
    ],
  },
  freely: { quorums: undefined, text: [SEEN_BY_SUPPORT] },
} as const;

export type PolicySet = keyof typeof POLICY_SETS;
export const POLICY_SET_NAMES = ['finance', 'both', 'never', 'freely'] as const satisfies readonly PolicySet[];

const PAY: JsonObject = {
  type: 'object',
  properties: { amount: { type: 'integer' }, note: { type: 'string' } },
  required: ['amount'],
};

export const EXPIRE_MS = 3_600_000;
export const KEEP_MS = 4 * 3_600_000;

function createConfig(policies: PolicySet, digest: string): Config {
  const server = (name: string, release: ServerConfig['release']): [string, ServerConfig] => [
    name,
    {
      name,
      url: `https://${name}.example.com/mcp`,
      retention: 'standard',
      notifications: 'off',
      uninspected: 'deny',
      allowMethods: [],
      drift: 'quarantine',
      protocol: 'auto',
      privateAddresses: 'refuse',
      release,
      tools: new Map(),
    },
  ];
  const pinned = new Map([['pay', { name: 'pay', digest, definition: { name: 'pay', inputSchema: PAY } }]]);
  return {
    digest: '0'.repeat(64),
    identity: {
      scope: 'Mcp.Invoke',
      role: 'Mcp.Invoke.All',
      apiScope: 'Sallyport.Manage',
      apiRole: 'Sallyport.Manage.All',
      flowRole: 'Approvals.Respond',
      resource: 'exact',
      audiences: [],
      clockSkewSeconds: 60,
    },
    groups: new Map(['support', 'finance', 'auditors'].map((group, index) => [group, oid(`a${index + 1}`)])),
    quorums: new Map([
      ['finance', { from: [{ group: 'finance', people: 1 }], channels: ['page', 'teams-reply'] }],
      ['audit', { from: [{ group: 'auditors', people: 1 }], channels: ['page'] }],
    ]),
    servers: new Map([server('crm', 'worker'), server('erp', 'caller')]),
    masking: { classes: ['card', 'email'] },
    transcripts: { retention: new Map([['standard', { days: 30 }]]), deadlineMs: 10_000, idleMs: 900_000 },
    limits: {
      requestBytes: 65_536,
      answerBytes: 65_536,
      eventBytes: 65_536,
      maskingMs: 2_000,
      depth: 64,
      firstByteMs: 30_000,
      deadlineMs: 240_000,
      streamMs: 600_000,
      headerBytes: 14_336,
      principal: { callsAtOnce: 32, streamsAtOnce: 8, callsPerMinute: 600 },
      server: { callsAtOnce: 256, streamsAtOnce: 256 },
    },
    http: { origins: [], hosts: [], trustedHops: 1 },
    approvals: {
      expireMs: EXPIRE_MS,
      keepAnswerMs: KEEP_MS,
      openAtMost: 100,
      teams: { webhookSecret: 'teams-webhook-url' },
    },
    policies: { file: 'policies.cedar', text: POLICY_SETS[policies].text.join('\n') },
    lock: {
      servers: new Map([
        ['crm', pinned],
        ['erp', pinned],
      ]),
    },
  };
}

export interface Scene {
  readonly masker: ReturnType<typeof createMasker>;
  readonly configs: Readonly<Record<PolicySet, { readonly asPinned: Config; readonly repinned: Config }>>;
  readonly engines: Readonly<Record<PolicySet, PolicyEngine>>;
  /** With one version, two and three; the same masters. */
  readonly keyrings: readonly Keyring[];
}

/** Made once for all runs: nothing in it remembers one. */
export async function createScene(): Promise<Scene> {
  const [first, second] = ['1', '2'].map((digit) => digit.repeat(64));
  if (first === undefined || second === undefined) throw new Error('two digests');
  const configOf = (set: PolicySet) => ({ asPinned: createConfig(set, first), repinned: createConfig(set, second) });
  const engineOf = (set: PolicySet): PolicyEngine => {
    const made = createPolicyEngine(configOf(set).asPinned);
    if (!made.ok) throw new Error(made.error.map(({ message }) => message).join('\n'));
    return askOnce(made.value);
  };
  const vault = { store: createMemoryTable(), wrapper: createMemoryWrapper(), randomBytes: createRandom('keyring') };
  const keyrings = [await loadKeyring(vault)];
  for (let version = 2; version <= 3; version += 1) {
    await addKeyVersion(vault);
    keyrings.push(await loadKeyring(vault));
  }
  const all = <T>(make: (set: PolicySet) => T): Record<PolicySet, T> => ({
    finance: make('finance'),
    both: make('both'),
    never: make('never'),
    freely: make('freely'),
  });
  return {
    masker: createMasker({ classes: ['card', 'email'] }),
    configs: all(configOf),
    engines: all(engineOf),
    keyrings,
  };
}

/** The same question has the same answer, as long as no policy asks for the time: thousands of runs ask few questions. */
function askOnce(engine: PolicyEngine): PolicyEngine {
  const memo = <A extends { readonly request: unknown }, Q extends readonly unknown[], R>(
    ask: (asker: A, ...question: Q) => R,
  ) => {
    const answers = new Map<string, R>();
    return (asker: A, ...question: Q): R => {
      const key = JSON.stringify([{ ...asker, request: null }, ...question]);
      const known = answers.get(key);
      if (known !== undefined) return known;
      const answer = ask(asker, ...question);
      answers.set(key, answer);
      return answer;
    };
  };
  return {
    ...engine,
    decideCall: memo(engine.decideCall),
    mayApprove: memo(engine.mayApprove),
    mayDo: memo(engine.mayDo),
    mayList: memo(engine.mayList),
    mayUse: memo(engine.mayUse),
  };
}

/** Bytes that look random and are the same in every run. */
export function createRandom(seed: string): (count: number) => Uint8Array {
  let drawn = 0;
  return (count) => {
    drawn += 1;
    const bytes = createHash('sha512').update(`${seed}/${drawn}`).digest();
    return Uint8Array.from(bytes.subarray(0, count));
  };
}
