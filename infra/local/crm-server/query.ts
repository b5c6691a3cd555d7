/**
 * Runs one read-only SQL statement against a *copy* of the database in a process of its own: whatever the statement
 * says, the data cannot change, and one that runs too long is killed with its process (SQLite's calls are synchronous,
 * so a thread could not be stopped). One statement at a time; the process starts with the first one and is kept.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { err, ok, type Result } from '../../../shared/result.ts';
import type { CrmDatabase } from './database.ts';

const deadlineMs = 2_000;
const waitingMost = 16;

const answerSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('rows'),
    columns: z.array(z.string()),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
    truncated: z.boolean(),
  }),
  z.object({ kind: z.literal('refused'), message: z.string() }),
]);

export type QueryRows = Omit<Extract<z.infer<typeof answerSchema>, { kind: 'rows' }>, 'kind'>;

export interface QueryRunner {
  /** The rows (at most 1,000), or a message for whoever wrote the statement. */
  run(sql: string): Promise<Result<QueryRows, string>>;
  stop(): void;
}

export function createQueryRunner(database: Pick<CrmDatabase, 'revision' | 'copy'>): QueryRunner {
  let child: ChildProcess | undefined;
  let sentRevision: number | undefined;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  function start(): ChildProcess {
    const started = fork(fileURLToPath(new URL('./query-process.ts', import.meta.url)), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {},
      // Out of the terminal's process group: Ctrl-C must not cut a query that the gateway still waits for.
      detached: true,
    });
    started.once('exit', () => {
      if (child === started) child = undefined;
    });
    sentRevision = undefined;
    return started;
  }

  function ask(sql: string): Promise<Result<QueryRows, string>> {
    child ??= start();
    const asked = child;
    const revision = database.revision();
    const copy = revision === sentRevision ? undefined : database.copy();
    sentRevision = revision;
    return new Promise((resolve) => {
      const finish = (result: Result<QueryRows, string>) => {
        clearTimeout(deadline);
        asked.off('message', answered).off('exit', died);
        resolve(result);
      };
      const died = () => finish(err('The statement was stopped.'));
      const answered = (message: unknown) => {
        const answer = answerSchema.safeParse(message);
        if (!answer.success) finish(err('The statement gave values that cannot be shown.'));
        else finish(answer.data.kind === 'rows' ? ok(answer.data) : err(answer.data.message));
      };
      const deadline = setTimeout(() => {
        child = undefined;
        asked.kill('SIGKILL');
        finish(err(`The statement took longer than ${deadlineMs / 1_000} s.`));
      }, deadlineMs);
      asked.once('exit', died).once('message', answered);
      asked.send({ sql, copy }, (error) => {
        if (error) died();
      });
    });
  }

  return {
    async run(sql) {
      if (waiting >= waitingMost) return err('Too many statements are waiting.');
      waiting += 1;
      const mine = last.then(() => ask(sql));
      last = mine.catch(() => undefined);
      try {
        return await mine;
      } finally {
        waiting -= 1;
      }
    },
    stop() {
      child?.kill('SIGKILL');
      child = undefined;
    },
  };
}
