/** Every minute: lost sends, expiry, leases that ran out, what is kept no longer (DESIGN §5). */
import { app } from '@azure/functions';
import { handleTimer } from '../shared/azure/app.ts';

app.timer('sweep-approvals', {
  schedule: '0 * * * * *',
  handler: handleTimer((queues) => queues.sweepApprovals()),
});
