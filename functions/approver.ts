/** Queue approval-decisions: applies a decision or an expiry, and releases the call (DESIGN §5). */
import { app } from '@azure/functions';
import { handleMessage } from '../shared/azure/app.ts';

app.serviceBusQueue('approver', {
  connection: 'SERVICE_BUS',
  queueName: 'approval-decisions',
  handler: handleMessage((queues, message) => queues.applyDecision(message)),
});
