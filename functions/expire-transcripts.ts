/** Once a day: removes what its retention class lets go of (DESIGN §6). */
import { app } from '@azure/functions';
import { handleTimer } from '../shared/azure/app.ts';

app.timer('expire-transcripts', {
  schedule: '0 40 3 * * *',
  handler: handleTimer((queues) => queues.expireTranscripts()),
});
