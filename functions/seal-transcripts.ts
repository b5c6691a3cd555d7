/** Every five minutes, or as SEAL_SCHEDULE says: seals what changed in the transcripts (DESIGN §6). */
import { app } from '@azure/functions';
import { handleTimer } from '../shared/azure/app.ts';
import { readSealSchedule } from '../shared/azure/environment.ts';

app.timer('seal-transcripts', {
  schedule: readSealSchedule(),
  handler: handleTimer((queues) => queues.sealTranscripts()),
});
