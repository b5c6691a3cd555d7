/**
 * Tasks of the extension io.modelcontextprotocol/tasks (SEP-2663): work that outlives the call that began it, asked for by
 * id. In memory, shared by all modern requests, gone with the server. A task's work may ask the client and wait for answers.
 */
import { randomUUID } from 'node:crypto';
import { type CallToolResult, type InputRequests, ProtocolError } from '@modelcontextprotocol/server';

const ttlMs = 600_000;
const pollIntervalMs = 200;

type Answers = Readonly<Record<string, unknown>>;

/** What a task's work can do besides working. */
export interface TaskWork {
  /** Aborted when the task is cancelled. */
  readonly signal: AbortSignal;
  /** Resolves once every one of the requests is answered. Rejects when the task is cancelled. */
  ask(requests: InputRequests): Promise<Answers>;
}

/** As it goes over the wire; which of the optional members stand depends on the status. */
export interface TaskView {
  readonly taskId: string;
  readonly status: 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  readonly ttlMs: number;
  readonly pollIntervalMs: number;
  readonly inputRequests?: InputRequests;
  readonly result?: CallToolResult;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface TaskStore {
  /** Begins the work. An exception from it fails the task; a tool's own error is a result. */
  create(work: (task: TaskWork) => Promise<CallToolResult>): TaskView;
  get(id: string): TaskView | undefined;
  /** Answers that nobody waits for are ignored. False: no such task. */
  answer(id: string, answers: Answers): boolean;
  /** A task that has ended stays as it is. False: no such task. */
  cancel(id: string): boolean;
  /** Ends all work. */
  close(): void;
}

interface Task {
  view: TaskView;
  readonly stopped: AbortController;
  readonly answers: Record<string, unknown>;
  answered: (() => void) | undefined;
}

export function createTaskStore(): TaskStore {
  const tasks = new Map<string, Task>();

  function change(task: Task, members: Partial<TaskView>): void {
    const { inputRequests: _asked, ...rest } = task.view;
    task.view = { ...rest, ...members, lastUpdatedAt: new Date().toISOString() };
  }

  async function run(task: Task, work: (task: TaskWork) => Promise<CallToolResult>): Promise<void> {
    const { signal } = task.stopped;
    try {
      const result = await work({ signal, ask: (requests) => ask(task, requests) });
      if (!signal.aborted) change(task, { status: 'completed', result });
    } catch (cause) {
      if (signal.aborted) return;
      const code = cause instanceof ProtocolError ? cause.code : -32603;
      change(task, { status: 'failed', error: { code, message: cause instanceof Error ? cause.message : 'failed' } });
    }
  }

  async function ask(task: Task, requests: InputRequests): Promise<Answers> {
    const { signal } = task.stopped;
    change(task, { status: 'input_required', inputRequests: requests });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    task.answered = resolve;
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    await promise;
    change(task, { status: 'working' });
    return task.answers;
  }

  return {
    create(work) {
      const now = new Date().toISOString();
      const times = { createdAt: now, lastUpdatedAt: now, ttlMs, pollIntervalMs };
      const view: TaskView = { taskId: randomUUID(), status: 'working', ...times };
      const task: Task = { view, stopped: new AbortController(), answers: {}, answered: undefined };
      tasks.set(view.taskId, task);
      void run(task, work);
      return view;
    },
    get: (id) => tasks.get(id)?.view,
    answer(id, answers) {
      const task = tasks.get(id);
      const asked = task?.view.inputRequests;
      if (task === undefined || asked === undefined) return task !== undefined;
      const open = Object.entries(asked).filter(([key]) => !Object.hasOwn(answers, key));
      for (const key of Object.keys(asked)) if (Object.hasOwn(answers, key)) task.answers[key] = answers[key];
      if (open.length > 0) change(task, { inputRequests: Object.fromEntries(open) });
      else task.answered?.();
      return true;
    },
    cancel(id) {
      const task = tasks.get(id);
      if (task === undefined) return false;
      if (task.view.status !== 'working' && task.view.status !== 'input_required') return true;
      change(task, { status: 'cancelled' });
      task.stopped.abort(new Error('cancelled'));
      return true;
    },
    close() {
      for (const { stopped } of tasks.values()) stopped.abort(new Error('the server stops'));
    },
  };
}
