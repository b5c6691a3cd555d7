/**
 * Does one operation of a client and tells it the outcome, unless the test switch says otherwise. Whatever struck, the
 * effect has happened wholly or not at all.
 */
import type { Refusal } from './answer.ts';
import type { Operation, Strikes } from './faults.ts';
import type { WireConnection } from './wire.ts';

export function perform<T>(options: {
  readonly strikes: Strikes;
  readonly operation: Operation;
  readonly queue: string;
  readonly connection: WireConnection;
  readonly act: () => T;
  readonly answer: (outcome: T) => void;
  readonly refuse: (refusal: Refusal) => void;
}): void {
  const strike = options.strikes.take(options.operation, options.queue);
  if (!strike) {
    options.answer(options.act());
    return;
  }
  if (strike.when === 'after') options.act();
  // With an error: `rhea` hears of no other end from this side, and its heartbeat would keep the process alive.
  if (strike.does === 'drop') options.connection.socket.destroy(new Error('A fault that a test asked for.'));
  if (strike.does === 'fail')
    options.refuse({ condition: 'com.microsoft:server-busy', description: 'A fault that a test asked for.' });
}
