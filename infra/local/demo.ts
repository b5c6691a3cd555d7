/**
 * `npm run demo`: plays the story so far against a running gateway, step by step, through the official MCP client, and
 * checks at each step that it is as told. Exit code 1 if one is not, 2 if there is nothing to play against.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { findStack } from './find-stack.ts';
import { askForToken } from './request-token.ts';
import type { Stack } from './stack-file.ts';

const appDir = join(import.meta.dirname, '../..');
const PERSONAL_DATA = /\b\d{3}-\d{2}-\d{4}\b|[\w.]+@[\w.]+\.(?:com|org|net)|\b4\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b/;

/** What a step found; `isAsTold` decides the exit code. */
interface Finding {
  readonly isAsTold: boolean;
  readonly shown: string;
}

interface Step {
  readonly told: string;
  play(): Promise<Finding>;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { port: { type: 'string' }, data: { type: 'string' } } });
  const found = await findStack({ ...values, appDir });
  if (!found.ok) {
    console.error(found.error);
    return 2;
  }
  const { stack, dataDir } = found.value;
  console.log(`A story at ${stack.gateway}\n`);
  let untold = 0;
  for (const { told, play } of story(stack, dataDir)) {
    const { isAsTold, shown } = await play().catch((error: unknown) => ({ isAsTold: false, shown: String(error) }));
    console.log(`${isAsTold ? '✓' : '✗'} ${told}`);
    for (const line of shown.split('\n')) console.log(`    ${line}`);
    if (!isAsTold) untold += 1;
  }
  console.log(untold === 0 ? '\nEverything as told.' : `\n${untold} not as told.`);
  return untold === 0 ? 0 : 1;
}

function story(stack: Stack, dataDir: string): Step[] {
  const url = new URL('/mcp/crm', stack.gateway);
  let paymentId = '';
  return [
    {
      told: 'Without a token nobody gets in, and is told where to get one.',
      async play() {
        const answer = await fetch(url, {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json' },
        });
        const challenge = answer.headers.get('www-authenticate') ?? '';
        return { isAsTold: answer.status === 401 && challenge.includes('resource_metadata'), shown: challenge };
      },
    },
    {
      told: 'alice (support) sees the tools that policy lets her see, not those of finance or of the reporting bot.',
      async play() {
        const tools = await asUser(stack, url, 'alice', async (client) => (await client.listTools()).tools);
        const names = tools.map(({ name }) => name);
        const isAsTold =
          names.includes('search_customers') && !names.includes('run_query') && !names.includes('export_customers');
        return { isAsTold, shown: names.join(', ') };
      },
    },
    {
      told: 'She searches for a customer: what comes back is masked.',
      async play() {
        const text = await callAs(stack, url, 'alice', 'search_customers', { query: 'a', limit: 1 });
        return { isAsTold: text.includes('[masked:') && !PERSONAL_DATA.test(text), shown: shorten(text) };
      },
    },
    {
      told: 'She looks up a customer’s payments, to refund one.',
      async play() {
        const text = await callAs(stack, url, 'alice', 'get_customer', { customer_id: 'C-1001' });
        paymentId = /"(P-\d+)"/.exec(text)?.[1] ?? '';
        return { isAsTold: paymentId !== '' && !PERSONAL_DATA.test(text), shown: `payment ${paymentId}` };
      },
    },
    {
      told: 'A small refund just runs.',
      async play() {
        const text = await callAs(stack, url, 'alice', 'refund_payment', { payment_id: paymentId, amount: 1 });
        return { isAsTold: text.includes(`"${paymentId}"`) && text.includes('refunded'), shown: shorten(text) };
      },
    },
    {
      told: 'A refund over 500 needs finance: it is not made.',
      async play() {
        const text = await callAs(stack, url, 'alice', 'refund_payment', { payment_id: paymentId, amount: 600 });
        return { isAsTold: text.startsWith('Needs approval'), shown: text };
      },
    },
    {
      told: 'A refund over 5000 is denied, whoever would approve it.',
      async play() {
        const text = await callAs(stack, url, 'alice', 'refund_payment', { payment_id: paymentId, amount: 6000 });
        return { isAsTold: text.startsWith('Denied by policy'), shown: text };
      },
    },
    {
      told: 'A tool that is not for her and one that does not exist answer alike.',
      async play() {
        const ask = (tool: string) => errorOf(() => callAs(stack, url, 'alice', tool, {}));
        const [hidden, absent] = await Promise.all([ask('run_query'), ask('no_such_tool')]);
        return { isAsTold: hidden.replace('run_query', 'no_such_tool') === absent, shown: `${hidden}\n${absent}` };
      },
    },
    {
      told: 'mallory has a good token and no rights: the server is not there for her.',
      async play() {
        const shown = await errorOf(() => asUser(stack, url, 'mallory', (client) => client.listTools()));
        return { isAsTold: shown.includes('not available'), shown };
      },
    },
    {
      told: 'Every one of these calls stands in the transcript, before and after, and the transcript verifies.',
      async play() {
        const { code, output } = await verify(dataDir);
        return { isAsTold: code === 0, shown: output };
      },
    },
  ];
}

async function asUser<T>(stack: Stack, url: URL, user: string, work: (client: Client) => Promise<T>): Promise<T> {
  const token = await askForToken(stack.entra, { user });
  if (!token.ok) throw new Error(token.error);
  const client = new Client({ name: 'demo', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const requestInit = { headers: { authorization: `Bearer ${token.value}` } };
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function callAs(
  stack: Stack,
  url: URL,
  user: string,
  name: string,
  args: Record<string, unknown>,
): Promise<string> {
  const result = await asUser(stack, url, user, (client) => client.callTool({ name, arguments: args }));
  return (result.content ?? []).map((part) => (part.type === 'text' ? part.text : `(${part.type})`)).join('\n');
}

async function errorOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'no error';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function verify(dataDir: string): Promise<{ code: number; output: string }> {
  const args = [join(appDir, 'infra/cli/sallyport.mjs'), 'verify', '--local', '--data', dataDir];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return { code: 0, output: stdout.trim() };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? 1, output: `${stdout ?? ''}${stderr ?? ''}`.trim() };
  }
}

function shorten(text: string): string {
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}

process.exit(await main());
