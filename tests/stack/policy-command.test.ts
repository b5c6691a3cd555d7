import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { runSallyport } from './sallyport-process.ts';

const sample = fileURLToPath(new URL('../../infra/config', import.meta.url));
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-policy-'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** The sample's folder with its policies changed. */
async function folderWith(change: (policies: string) => string): Promise<string> {
  const folder = await mkdtemp(join(root, 'config-'));
  await cp(sample, folder, { recursive: true });
  const file = join(folder, 'policies.cedar');
  await writeFile(file, change(await readFile(file, 'utf8')));
  return folder;
}

/** Where a text stands in the changed file: `line:column`. */
async function placeOf(folder: string, text: string): Promise<string> {
  const lines = (await readFile(join(folder, 'policies.cedar'), 'utf8')).split('\n');
  const line = lines.findIndex((each) => each.includes(text));
  return `${line + 1}:${(lines[line]?.indexOf(text) ?? 0) + 1}`;
}

describe('sallyport policy', () => {
  it(proves('policy.check', 'says in one line that the sample is right, though CRM_URL is not set'), async () => {
    const ended = await runSallyport(['policy', 'check'], { CRM_URL: '' });
    expect(ended).toEqual({
      code: 0,
      stdout: 'policies.cedar over 1 server and 6 pinned tools: the policies fit\n',
      stderr: '',
    });
  });

  it(proves('policy.check', 'names every mistake with file, line and column, and Cedar’s hint'), async () => {
    const folder = await folderWith((text) =>
      text
        .replace('context.args.amount > 500 }', 'context.args.amuont > 500 }')
        .replace('in Group::"auditors"', 'in Group::"auditor"'),
    );
    const { code, stdout, stderr } = await runSallyport(['policy', 'check', '--config', folder]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    const [first, second] = lines;
    expect(first).toContain(
      `policies.cedar:${await placeOf(folder, 'context.args.amuont')} refunds-over-500-need-finance: `,
    );
    expect(first).toContain('(did you mean `amount`?)');
    expect(second).toContain(`policies.cedar:${await placeOf(folder, 'Group::"auditor"')} auditors-audit: `);
    expect(second).toContain('valid entity eids: "support", "finance", "auditors", "administrators"');
  });

  it(proves('policy.check', 'says the same as JSON, and what is wrong with the other files'), async () => {
    const folder = await folderWith((text) => text);
    await writeFile(join(folder, 'gateway.yaml'), 'version: 1\nserver: {}\n');
    const { code, stdout } = await runSallyport(['policy', 'check', '--json', '--config', folder]);
    expect(code).toBe(1);
    const { ok, problems } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(problems).toContainEqual(expect.objectContaining({ file: 'gateway.yaml', path: 'server', line: 2 }));
  });

  it('explains a decision by policies and reasons', async () => {
    const call = ['--server', 'crm', '--tool', 'refund_payment', '--args', '{"payment_id":"P-1","amount":600}'];
    const held = await runSallyport(['policy', 'explain', '--user', 'alice', ...call]);
    expect(held.stdout).toBe(`hold
  until met: finance
  policies:  refunds-over-500-need-finance
  reason:    A refund over 500 needs the approval of one person from finance.
  in lists:  yes
`);
    const denied = await runSallyport(['policy', 'explain', '--json', '--user', 'mallory', ...call]);
    expect(JSON.parse(denied.stdout)).toEqual({
      verdict: 'deny',
      code: 'policy',
      policies: [],
      reasons: [],
      visible: false,
    });
  });

  it('explains what approvals and a justification would change', async () => {
    const call = ['--server', 'crm', '--tool', 'refund_payment', '--args', '{"payment_id":"P-1","amount":600}'];
    const approved = await runSallyport(['policy', 'explain', '--user', 'alice', ...call, '--met', 'finance']);
    expect(approved.stdout).toBe('allow\n  policies:  support-uses-crm\n  in lists:  yes\n');
    expect(await runSallyport(['policy', 'explain', '--user', 'alice', ...call, '--met', 'fin'])).toMatchObject({
      stderr: expect.stringContaining('fin is no quorum of gateway.yaml'),
    });

    const folder = await folderWith(
      (text) => `${text}
@id("say-why") forbid (principal, action == Action::"crm/get_customer", resource) unless { context has justification };`,
    );
    const get = ['--config', folder, '--server', 'crm', '--tool', 'get_customer', '--args', '{"customer_id":"C-1001"}'];
    const denied = await runSallyport(['policy', 'explain', '--user', 'alice', ...get]);
    expect(denied.stdout).toContain('deny (justification)');
    expect(denied.stdout).toContain('sallyport_justification');
    const said = await runSallyport(['policy', 'explain', '--user', 'alice', ...get, '--justification', 'ticket 7']);
    expect(said.stdout).toContain('allow\n');
  });

  it('prints the schema that editors read', async () => {
    const { code, stdout } = await runSallyport(['policy', 'schema']);
    expect(code).toBe(0);
    expect(stdout).toContain('entity Group enum ["support", "finance", "auditors", "administrators"];');
    expect(stdout).toMatch(/action "crm\/refund_payment" in \[[^\]]*Action::"destructive"[^\]]*\] appliesTo/);
  });

  it('ends with 2 for flags that it does not know, and with 0 for help', async () => {
    expect(await runSallyport(['policy', 'check', '--nope'])).toMatchObject({ code: 2, stdout: '' });
    expect(await runSallyport(['policy', 'explain', '--server', 'crm', '--tool', 'x'])).toMatchObject({ code: 2 });
    expect(await runSallyport(['nope'])).toMatchObject({ code: 2 });
    const help = await runSallyport(['policy', 'check', '--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('Exit codes:');
  });

  const older = findOlderNode();
  it.runIf(older !== undefined)('works when an older Node starts it', async () => {
    expect(await runSallyport(['policy', 'check'], {}, older)).toMatchObject({ code: 0, stderr: '' });
    expect(await runSallyport(['nope'], {}, older)).toMatchObject({ code: 2 });
  });
});

/** One on the PATH that can't run TypeScript by itself. */
function findOlderNode(): string | undefined {
  const candidates = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'node'));
  return candidates.find((node) => {
    try {
      const [major = 99] = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8', stdio: 'pipe' })
        .split('.')
        .map(Number);
      return major < 22;
    } catch {
      return false;
    }
  });
}
