/** The circuit breaker over a test clock. */
import { describe, expect, it } from 'vitest';
import { type Attempt, createCircuits } from '../../../shared/mcp/circuit.ts';
import { proves } from '../../requirements.ts';

function createScene() {
  let nowMs = 1_000;
  const logged: string[] = [];
  const circuits = createCircuits({
    monotonicMs: () => nowMs,
    log: (level, event, facts) => logged.push(`${level} ${event} ${facts?.server}`),
    failuresToOpen: 3,
    openMs: 10_000,
  });
  const begin = (server = 'crm'): Attempt => {
    const attempt = circuits.mayTry(server);
    if (!attempt.ok) throw new Error('the circuit is open');
    return attempt.value;
  };
  const fail = (times: number): void => {
    for (let time = 0; time < times; time += 1) begin().failed();
  };
  const waitMs = (ms: number): void => {
    nowMs += ms;
  };
  return { circuits, logged, begin, fail, waitMs };
}

const OPEN = { ok: false, error: { retryAfterSeconds: 10 } };

describe('a circuit', () => {
  it(proves('upstream.circuit', 'opens after so many failures in a row, and says when to come again'), () => {
    const { circuits, fail, waitMs, logged } = createScene();
    fail(2);
    expect(circuits.mayTry('crm').ok).toBe(true);
    fail(1);
    expect(circuits.mayTry('crm')).toEqual(OPEN);
    waitMs(7_500);
    expect(circuits.mayTry('crm')).toEqual({ ok: false, error: { retryAfterSeconds: 3 } });
    expect(logged).toEqual(['warn circuit-opened crm']);
  });

  it('counts failures in a row only: an answer in between begins anew', () => {
    const { circuits, begin, fail, waitMs } = createScene();
    fail(2);
    begin().succeeded();
    waitMs(1);
    fail(2);
    expect(circuits.mayTry('crm').ok).toBe(true);
  });

  it('says how it stands: open until a trial was answered', () => {
    const { circuits, begin, fail, waitMs } = createScene();
    expect([...circuits.states()]).toEqual([]);
    begin('erp').succeeded();
    fail(3);
    expect([...circuits.states()]).toEqual([
      ['erp', 'closed'],
      ['crm', 'open'],
    ]);
    waitMs(10_000);
    const trial = begin();
    expect(circuits.states().get('crm')).toBe('open');
    trial.succeeded();
    expect(circuits.states().get('crm')).toBe('closed');
  });

  it('is each server’s own', () => {
    const { circuits, fail } = createScene();
    fail(3);
    expect(circuits.mayTry('crm')).toEqual(OPEN);
    expect(circuits.mayTry('erp').ok).toBe(true);
  });

  it(proves('upstream.circuit', 'lets one call through as a trial, and closes when it was answered'), () => {
    const { circuits, begin, fail, waitMs, logged } = createScene();
    fail(3);
    waitMs(10_000);
    const trial = begin();
    expect(circuits.mayTry('crm')).toEqual(OPEN);
    trial.succeeded();
    expect([circuits.mayTry('crm').ok, circuits.mayTry('crm').ok]).toEqual([true, true]);
    expect(logged).toEqual(['warn circuit-opened crm', 'info circuit-closed crm']);
  });

  it('stays open when the trial failed', () => {
    const { circuits, begin, fail, waitMs, logged } = createScene();
    fail(3);
    waitMs(10_000);
    const trial = begin();
    waitMs(4_000);
    trial.failed();
    expect(circuits.mayTry('crm')).toEqual(OPEN);
    expect(logged).toHaveLength(1);
  });

  it('tries the next call at once when the caller of the trial went away', () => {
    const { begin, fail, waitMs, circuits } = createScene();
    fail(3);
    waitMs(10_000);
    begin().abandoned();
    expect(circuits.mayTry('crm').ok).toBe(true);
    expect(circuits.mayTry('crm')).toEqual(OPEN);
  });

  it('is not held up by a trial that hangs, and not confused by its late end', () => {
    const { circuits, begin, fail, waitMs } = createScene();
    fail(3);
    waitMs(10_000);
    const hanging = begin();
    waitMs(10_000);
    const second = begin();
    hanging.failed();
    hanging.abandoned();
    expect(circuits.mayTry('crm')).toEqual(OPEN);
    second.succeeded();
    expect(circuits.mayTry('crm').ok).toBe(true);
  });

  it('does not count a failure that began before the last answer: a slow tool is no dead server', () => {
    const { circuits, begin, waitMs } = createScene();
    const slow = [begin(), begin(), begin(), begin()];
    waitMs(5_000);
    begin().succeeded();
    waitMs(25_000);
    for (const attempt of slow) attempt.failed();
    expect(circuits.mayTry('crm').ok).toBe(true);
  });

  it('takes one end of an attempt only, and a late failure does not make it stay open longer', () => {
    const { circuits, begin, fail, waitMs } = createScene();
    const late = begin();
    const twice = begin();
    twice.failed();
    twice.failed();
    fail(1);
    expect(circuits.mayTry('crm').ok).toBe(true);
    fail(1);
    waitMs(9_000);
    late.failed();
    expect(circuits.mayTry('crm')).toEqual({ ok: false, error: { retryAfterSeconds: 1 } });
  });
});
