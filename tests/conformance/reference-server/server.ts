/** One server instance: everything the suite names. It lives for one modern request or one legacy session. */
import { McpServer, type RequestStateCodec, type ServerEventBus } from '@modelcontextprotocol/server';
import { registerAskingTools } from './asking-tools.ts';
import { registerContentTools } from './content-tools.ts';
import { registerLiveTools } from './live-tools.ts';
import { registerPrompts } from './prompts.ts';
import { registerResources } from './resources.ts';
import { registerRoundTools } from './round-tools.ts';
import type { TaskStore } from './task-store.ts';
import { registerTasks, TASKS } from './task-tools.ts';

export interface ReferenceParts {
  readonly bus: ServerEventBus;
  readonly state: RequestStateCodec;
  readonly tasks: TaskStore;
}

export function createReferenceMcpServer({ bus, state, tasks }: ReferenceParts): McpServer {
  const server = new McpServer(
    { name: 'reference', title: 'Conformance reference', version: '1.0.0' },
    {
      capabilities: {
        logging: {},
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        extensions: { [TASKS]: {} },
      },
      requestState: { verify: state.verify },
    },
  );
  registerContentTools(server);
  registerLiveTools(server, bus);
  registerAskingTools(server);
  registerRoundTools(server, state);
  registerTasks(server, tasks);
  registerPrompts(server);
  registerResources(server);
  return server;
}
