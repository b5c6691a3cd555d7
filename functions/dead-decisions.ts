/** Dead letters of approval-decisions: marks the row for attention, and tells (DESIGN §3). */
import { app } from '@azure/functions';
import { handleMessage } from '../shared/azure/app.ts';

app.serviceBusQueue('dead-decisions', {
  connection: 'SERVICE_BUS',
  queueName: 'approval-decisions/$DeadLetterQueue',
  handler: handleMessage((queues, message) => queues.buryDecision(message)),
});
