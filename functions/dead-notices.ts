/** Dead letters of approval-notices: marks the row for attention, and tells (DESIGN §3). */
import { app } from '@azure/functions';
import { handleMessage } from '../shared/azure/app.ts';

app.serviceBusQueue('dead-notices', {
  connection: 'SERVICE_BUS',
  queueName: 'approval-notices/$DeadLetterQueue',
  handler: handleMessage((queues, message) => queues.buryNotice(message)),
});
