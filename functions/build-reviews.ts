/** Every five minutes: builds the access reviews that were asked for, and once a day each server's (DESIGN §3). */
import { app } from '@azure/functions';
import { handleTimer } from '../shared/azure/app.ts';

app.timer('build-reviews', {
  schedule: '30 1-56/5 * * * *',
  handler: handleTimer((queues) => queues.buildReviews()),
});
