/** POST GET DELETE /mcp/{server}: what agents call. */
import { app } from '@azure/functions';
import { handle } from '../shared/azure/app.ts';

app.http('mcp', {
  route: 'mcp/{server}',
  methods: ['POST', 'GET', 'DELETE'],
  authLevel: 'anonymous',
  handler: handle((gateway, call) => gateway.mcp(call)),
});
