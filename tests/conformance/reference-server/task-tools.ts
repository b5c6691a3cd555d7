/**
 * Tools that become tasks for a client that knows the extension, and the methods that ask for them (SEP-2663). For another
 * client the same work runs inside the call. Which of the two is the server's choice alone.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  type McpServer,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { ask, confirmForm, nameForm } from './questions.ts';
import { say } from './samples.ts';
import type { TaskStore, TaskView, TaskWork } from './task-store.ts';

export const TASKS = 'io.modelcontextprotocol/tasks';

const envelope = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.looseObject({ extensions: z.looseObject({ [TASKS]: z.looseObject({}) }) }),
});
const byId = z.looseObject({ taskId: z.string() });
/** Long enough that whoever polls at once sees a task at work. */
const shortWorkMs = 50;

type Work = (task: TaskWork) => Promise<ReturnType<typeof say>>;

export function registerTasks(server: McpServer, tasks: TaskStore): void {
  registerMethods(server, tasks);
  registerPlainTools(server, tasks);
  registerAskingTools(server, tasks);
}

function registerMethods({ server }: McpServer, tasks: TaskStore): void {
  server.setRequestHandler('tasks/get', { params: byId }, ({ taskId }, context) => {
    demandExtension(context);
    return { ...found(tasks.get(taskId)) };
  });
  server.setRequestHandler('tasks/update', { params: byId }, ({ taskId }, context) => {
    demandExtension(context);
    // The library takes the answers out of the params, for every method.
    if (!tasks.answer(taskId, context.mcpReq.inputResponses ?? {})) throw unknownTask();
    return {};
  });
  server.setRequestHandler('tasks/cancel', { params: byId }, ({ taskId }, context) => {
    demandExtension(context);
    if (!tasks.cancel(taskId)) throw unknownTask();
    return {};
  });
}

function registerPlainTools(server: McpServer, tasks: TaskStore): void {
  const greetInput = z.object({ name: z.string() });
  server.registerTool('greet', { description: 'Greets at once', inputSchema: greetInput }, ({ name }) =>
    say(`Hello, ${name}!`),
  );

  const computeInput = z.object({ seconds: z.number().min(0).max(600), label: z.string().optional() });
  server.registerTool(
    'slow_compute',
    { description: 'Takes as long as it is told', inputSchema: computeInput },
    ({ seconds, label }, context) =>
      begin(tasks, context, async ({ signal }) => {
        await pause(seconds * 1_000, undefined, { signal, ref: false });
        return say(`Computed ${label ?? 'it'} in ${seconds} s`);
      }),
  );

  server.registerTool('failing_job', { description: 'A task that ends with a tool’s error' }, (context) =>
    begin(tasks, context, async () => {
      await pause(shortWorkMs);
      return { ...say('This job always fails'), isError: true };
    }),
  );

  server.registerTool('protocol_error_job', { description: 'A task that fails as a whole' }, (context) =>
    begin(tasks, context, async () => {
      await pause(shortWorkMs);
      throw new ProtocolError(ProtocolErrorCode.InternalError, 'This job breaks');
    }),
  );
}

function registerAskingTools(server: McpServer, tasks: TaskStore): void {
  const deleteInput = z.object({ filename: z.string() });
  server.registerTool(
    'confirm_delete',
    { description: 'A task that asks before it pretends to delete', inputSchema: deleteInput },
    ({ filename }, context) =>
      begin(tasks, context, async (task) => {
        const answers = await task.ask({ confirm: ask(`Delete ${filename}?`, confirmForm) });
        const isConfirmed = acceptedContent(answers, 'confirm', confirmForm)?.confirm === true;
        return say(isConfirmed ? `Deleted ${filename}` : `Kept ${filename}`);
      }),
  );

  server.registerTool('multi_input', { description: 'A task that asks two things at once' }, (context) =>
    begin(tasks, context, async (task) => {
      const answers = await task.ask({
        first: ask('What is the first name?', nameForm),
        second: ask('What is the second name?', nameForm),
      });
      const names = ['first', 'second'].map((key) => acceptedContent(answers, key, nameForm)?.name ?? 'nobody');
      return say(names.join(' and '));
    }),
  );

  server.registerTool(
    'test_tool_with_task',
    { description: 'Asks for a name first, then becomes a task' },
    (context) => {
      const given = acceptedContent(context.mcpReq.inputResponses, 'user_name', nameForm);
      if (!given) return inputRequired({ inputRequests: { user_name: ask('What is your name?', nameForm) } });
      return begin(tasks, context, async () => say(`Done for ${given.name}`));
    },
  );
}

/** The work as a task, or its result where the client would not know what to do with one. */
async function begin(tasks: TaskStore, { mcpReq }: ServerContext, work: Work) {
  if (knowsTasks(mcpReq.envelope)) return { resultType: 'task', content: [], ...tasks.create(work) };
  return work({
    signal: mcpReq.signal,
    ask: () => Promise.reject(new Error('This tool asks questions that only a task can wait for.')),
  });
}

function knowsTasks(given: unknown): boolean {
  return envelope.safeParse(given).success;
}

function demandExtension({ mcpReq }: ServerContext): void {
  if (knowsTasks(mcpReq.envelope)) return;
  throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [TASKS]: {} } } });
}

function found(task: TaskView | undefined): TaskView {
  if (task === undefined) throw unknownTask();
  return task;
}

function unknownTask(): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such task');
}
