/** Tools that send something before their answer, or besides it: log, progress, changes, a stream that is closed early. */
import { setTimeout as pause } from 'node:timers/promises';
import type { McpServer, ServerContext, ServerEventBus } from '@modelcontextprotocol/server';
import { say } from './samples.ts';

const stepMs = 50;

export function registerLiveTools(server: McpServer, bus: ServerEventBus): void {
  server.registerTool('test_tool_with_logging', { description: 'Logs three times while it runs' }, logThrice);
  server.registerTool('test_logging_tool', { description: 'Logs three times, where the client wants it' }, logThrice);

  server.registerTool(
    'test_tool_with_progress',
    { description: 'Reports progress three times' },
    async ({ mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progress > 0) await pause(stepMs);
        if (progressToken === undefined) continue;
        await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
      }
      return say('Progress reported');
    },
  );

  server.registerTool(
    'test_reconnection',
    { description: 'Closes its stream before it answers; the client must come back for the answer' },
    async ({ http }) => {
      http?.closeSSE?.();
      await pause(2 * stepMs);
      return say('Reconnection test completed');
    },
  );

  server.registerTool('test_trigger_tool_change', { description: 'Announces that the tools changed' }, () => {
    bus.publish({ kind: 'tools_list_changed' });
    server.sendToolListChanged();
    return say('Announced');
  });

  server.registerTool('test_trigger_prompt_change', { description: 'Announces that the prompts changed' }, () => {
    bus.publish({ kind: 'prompts_list_changed' });
    server.sendPromptListChanged();
    return say('Announced');
  });
}

async function logThrice({ mcpReq }: ServerContext) {
  await mcpReq.log('info', 'Tool execution started');
  await pause(stepMs);
  await mcpReq.log('info', 'Tool processing data');
  await pause(stepMs);
  await mcpReq.log('info', 'Tool execution completed');
  return say('Logged three times');
}
