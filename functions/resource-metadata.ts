/** GET /.well-known/oauth-protected-resource/{*path}: where a client gets its token (RFC 9728). */
import { app } from '@azure/functions';
import { handle } from '../shared/azure/app.ts';

app.http('resource-metadata', {
  route: '.well-known/oauth-protected-resource/{*path}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: handle((gateway, call) => gateway.resourceMetadata(call)),
});
