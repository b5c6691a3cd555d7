/**
 * The process behind query.ts: hands each statement to a thread and dies at once when its parent is gone, even while
 * the thread is inside a statement that would not end.
 */
import { Worker } from 'node:worker_threads';

const thread = new Worker(new URL('./query-thread.ts', import.meta.url));

thread.on('message', (answer) => process.send?.(answer));
thread.on('error', (cause) => {
  throw cause;
});
process.on('message', (question) => thread.postMessage(question));
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
