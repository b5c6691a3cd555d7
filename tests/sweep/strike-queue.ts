/**
 * Service Bus's share of the sweep: its operations counted and struck by the stand-in's own test switch, because its client
 * notices a connection that was cut from outside only when its operation is long over. A send that fails is refused.
 */
import type { ServiceBusFaults } from '../../infra/local/service-bus/faults.ts';
import type { Meter } from './meter.ts';

type Judge = Parameters<ServiceBusFaults['watch']>[0];

export function createQueueJudge(meter: Meter, kill: () => void): Judge {
  return (operation, queue) => {
    // Locks are renewed at times of the client's own.
    if (operation === 'renew') return undefined;
    const one = meter.begin(`queue: ${operation} ${queue}`, undefined);
    one.end();
    if (one.strike === undefined) return undefined;
    const { does, when } = one.strike;
    if (does === 'kill') kill();
    if (does === 'hang') return { does, when };
    return { does: does === 'cut' && when === 'before' ? 'fail' : 'drop', when };
  };
}
