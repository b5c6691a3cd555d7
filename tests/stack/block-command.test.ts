/** `sallyport block`, as processes, over HTTP, with tokens of the Entra stand-in; the blocks are in memory. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blockRoutes } from '../../shared/api/routes/blocks.ts';
import { createBlockAdministration } from '../../shared/identity/blocks/administer-blocks.ts';
import { proves } from '../requirements.ts';
import { ALICE, ASSISTANT, blockOf, createWorld, EPOCH_MS } from '../unit/identity/blocks/blocks-fixture.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { runSallyport } from './sallyport-process.ts';

const EVIL = '\u001b[2J\u202eliar';
const { store, start } = createWorld();
let server: ApiServer;

beforeAll(async () => {
  const nowMs = (): number => EPOCH_MS;
  const log = (): void => undefined;
  const blocks = start();
  await blocks.load();
  const record = async (): Promise<void> => undefined;
  const administration = createBlockAdministration({ blocks, record, note: record, nowMs });
  const mayAdminister = ({ groups }: { readonly groups: readonly string[] }) => groups.includes('administrators');
  server = await startApiServer([
    blockRoutes({ administration, mayAdminister, servers: new Set(['crm']), nowMs, log }),
  ]);
});
beforeEach(() => store.rows.clear());
afterAll(() => server?.stop());

const run = (...args: string[]) => runSallyport(['block', ...args]);
const as = (user: string): string[] => ['--local', '--data', server.data, '--user', user];
const rows = () => [...store.rows.values()];

describe('sallyport block', () => {
  it(proves('blocks.command', 'keeps a person out by name, lists them, and lets them in again'), async () => {
    const added = await run(
      'add',
      '--principal',
      'alice',
      '--server',
      'crm',
      '--reason',
      'phone lost',
      '--for',
      '2h',
      ...as('dave'),
    );
    const line = `principal ${ALICE} on crm  until 2026-11-22T14:00:00.000Z  by dave@sallyport.example  phone lost\n`;
    expect(added).toEqual({ code: 0, stdout: `blocked: ${line}`, stderr: '' });
    expect(rows()).toMatchObject([{ kind: 'principal', value: ALICE, server: 'crm', untilMs: EPOCH_MS + 7_200_000 }]);
    expect(await run('list', ...as('dave'))).toEqual({ code: 0, stdout: line, stderr: '' });
    const removed = await run('remove', '--principal', ALICE, '--server', 'crm', ...as('dave'));
    expect(removed).toEqual({ code: 0, stdout: `not blocked any more: ${line}`, stderr: '' });
    expect(rows()).toEqual([]);
  });

  it(proves('blocks.command', 'takes agents, sessions and tokens, as they are'), async () => {
    const reason = ['--reason', 'r', ...as('dave')];
    const codes = await Promise.all([
      run('add', '--agent', 'assistant', ...reason),
      run('add', '--session', 'k1-aa', ...reason),
      run('add', '--token', 'a/b+c%', ...reason),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(
      rows()
        .map(({ kind, value }) => `${kind} ${value}`)
        .toSorted(),
    ).toEqual([`agent ${ASSISTANT}`, 'session k1-aa', 'token a/b+c%']);
    expect((await run('remove', '--token', 'a/b+c%', ...as('dave'))).code).toBe(0);
    expect(rows()).toHaveLength(2);
  });

  it('says no with 1: to who may not administer, and of what is not there', async () => {
    store.rows.set('x', blockOf());
    const [bob, absent] = await Promise.all([
      run('list', ...as('bob')),
      run('remove', '--token', 'none', ...as('dave')),
    ]);
    expect([bob.code, bob.stderr]).toEqual([1, 'Blocks are for administrators of the gateway.\n']);
    expect([absent.code, absent.stderr]).toEqual([1, 'There is no such block.\n']);
  });

  it.each([
    ['nobody', ['--reason', 'r'], 'one of --principal'],
    ['two at once', ['--principal', 'alice', '--token', 't', '--reason', 'r'], 'one of --principal'],
    ['a name that is nobody’s', ['--principal', 'eve', '--reason', 'r'], 'object id'],
    ['an agent on a server', ['--agent', 'assistant', '--server', 'crm', '--reason', 'r'], 'with --principal only'],
    ['a time that is none', ['--principal', 'alice', '--for', 'long', '--reason', 'r'], '90m, 2h, 7d'],
    ['no reason', ['--principal', 'alice', '--reason', ' '], 'needs some words'],
  ])('asks nothing of the gateway for %s, and says why with 2', async (_, flags, words) => {
    const { code, stderr } = await run('add', ...flags, ...as('dave'));
    expect([code, rows()]).toEqual([2, []]);
    expect(stderr).toContain(words);
  });

  it('writes out what a terminal would obey', async () => {
    store.rows.set('x', blockOf({ reason: EVIL }));
    const { stdout } = await run('list', ...as('dave'));
    expect(stdout).toContain('\\u{1b}[2J\\u{202e}liar');
    expect(stdout).not.toContain('\u001b');
  });
});
