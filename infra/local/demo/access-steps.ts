/** Who gets in, and what they see: the first part of the story. */
import { asUser, callAs, crmUrl, errorOf } from './agent.ts';
import type { Scene, Step } from './step.ts';

export function accessSteps({ stack }: Scene): Step[] {
  return [
    {
      told: 'Without a token nobody gets in, and is told where to get one.',
      async play() {
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(crmUrl(stack), { method: 'POST', body: '{}', headers });
        const challenge = answer.headers.get('www-authenticate') ?? '';
        return { isAsTold: answer.status === 401 && challenge.includes('resource_metadata'), shown: challenge };
      },
    },
    {
      told: 'mallory has a good token and no rights: the server is not there for her.',
      async play() {
        const shown = await errorOf(() => asUser(stack, 'mallory', (client) => client.listTools()));
        return { isAsTold: shown.includes('not available'), shown };
      },
    },
    {
      told: 'alice (support) sees what policy lets her see, not the tools of finance or of the reporting bot, and two of the gateway’s own.',
      async play() {
        const tools = await asUser(stack, 'alice', async (client) => (await client.listTools()).tools);
        const names = tools.map(({ name }) => name);
        const isAsTold =
          ['search_customers', 'sallyport_await_approval', 'sallyport_cancel_approval'].every((name) =>
            names.includes(name),
          ) && !['run_query', 'export_customers'].some((name) => names.includes(name));
        return { isAsTold, shown: names.join(', ') };
      },
    },
    {
      told: 'A tool that is not for her and one that does not exist answer alike.',
      async play() {
        const ask = (tool: string) => errorOf(() => callAs(stack, 'alice', tool, {}));
        const [hidden, absent] = await Promise.all([ask('run_query'), ask('no_such_tool')]);
        return { isAsTold: hidden.replace('run_query', 'no_such_tool') === absent, shown: `${hidden}\n${absent}` };
      },
    },
  ];
}
