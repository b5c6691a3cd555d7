/** GET /health: this process answers; no detail, for load balancers. */
import { app } from '@azure/functions';
import { handle } from '../shared/azure/app.ts';

app.http('health', {
  route: 'health',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: handle((gateway) => gateway.health()),
});
