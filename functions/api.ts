/** /api/{*path}: what the CLI and other systems call, with an Entra token (DESIGN §3). */
import { app } from '@azure/functions';
import { handle } from '../shared/azure/app.ts';

app.http('api', {
  route: 'api/{*path}',
  methods: ['GET', 'POST', 'DELETE'],
  authLevel: 'anonymous',
  handler: handle((gateway, call) => gateway.api(call)),
});
