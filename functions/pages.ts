/** GET POST /ui/{*path}: what people see (DESIGN §3). */
import { app } from '@azure/functions';
import { handle } from '../shared/azure/app.ts';

app.http('pages', {
  route: 'ui/{*path}',
  methods: ['GET', 'POST'],
  authLevel: 'anonymous',
  handler: handle((gateway, call) => gateway.pages(call)),
});
