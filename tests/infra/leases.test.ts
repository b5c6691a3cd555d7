/** The times that keep a release from running twice (DESIGN §5), wherever each of them stands. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { approvalQueues } from '../../infra/local/queues.ts';
import { LEASE_MS } from '../../shared/calls/release.ts';
import { limits } from '../../shared/config/limits-schema.ts';
import { proves } from '../requirements.ts';

const host = JSON.parse(readFileSync(new URL('../../host.json', import.meta.url), 'utf8'));

function millisecondsOf(span: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = span.split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

describe('the times of a release', () => {
  it(
    proves('release.lease', 'the upstream’s deadline ends before the lease, and the lease before the message’s lock'),
    () => {
      const longest = 240_000;
      expect(limits.safeParse({ deadlineMs: longest }).success).toBe(true);
      expect(limits.safeParse({ deadlineMs: longest + 1 }).success).toBe(false);
      expect(LEASE_MS).toBeGreaterThan(longest + 25_000);
      const renewalMs = millisecondsOf(host.extensions.serviceBus.maxAutoLockRenewalDuration);
      expect(renewalMs).toBeGreaterThan(LEASE_MS);
      // Renewed before it runs out: a lock shorter than a renewal's round trip would not be.
      for (const { lockDurationMs = 0 } of approvalQueues) expect(lockDurationMs).toBeGreaterThanOrEqual(30_000);
    },
  );
});
