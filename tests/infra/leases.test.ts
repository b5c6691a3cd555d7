/** The times that keep a release from running twice (DESIGN §5), wherever each of them stands. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { approvalQueues } from '../../infra/local/queues.ts';
import { LEASE_MS } from '../../shared/calls/release.ts';
import { gatewaySchema } from '../../shared/config/gateway-schema.ts';
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

  it(proves('deploy.bicep', 'a message lives longer than any request may wait'), () => {
    const { approvals } = gatewaySchema.shape;
    const weekMinutes = 7 * 24 * 60;
    expect(approvals.safeParse({ expireMinutes: weekMinutes }).success).toBe(true);
    expect(approvals.safeParse({ expireMinutes: weekMinutes + 1 }).success).toBe(false);
    // Deployed as this file has it (tests/infra/bicep). A week more, for its notices and decisions to be taken.
    for (const { timeToLiveMs = 0 } of approvalQueues)
      expect(timeToLiveMs).toBeGreaterThanOrEqual(2 * weekMinutes * 60_000);
  });
});
