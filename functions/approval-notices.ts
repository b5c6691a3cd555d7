/** Queue approval-notices: posts the card (DESIGN §5). */
import { app } from '@azure/functions';
import { handleMessage } from '../shared/azure/app.ts';

app.serviceBusQueue('approval-notices', {
  connection: 'SERVICE_BUS',
  queueName: 'approval-notices',
  handler: handleMessage((queues, message) => queues.postNotice(message)),
});
