/** POST /teams/{kind}: what people answer in Teams; `reply` is the outgoing webhook, `flow` the workflow of the cards (DESIGN §5). */
import { app } from '@azure/functions';
import { handle } from '../shared/azure/app.ts';

app.http('teams-replies', {
  route: 'teams/{kind}',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: handle((gateway, call) => gateway.teams(call)),
});
