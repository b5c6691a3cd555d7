/** HTTP streaming on; loads the configuration: a bad one stops the app (DESIGN §3). */
import { app } from '@azure/functions';
import { startApp, stopApp } from '../shared/azure/app.ts';

app.setup({ enableHttpStream: true });
app.hook.appTerminate(stopApp);
await startApp();
