/**
 * Who may approve a call, and who may audit, review or administer a server (DESIGN §4). Whatever the policies say, an app
 * approves nothing and nobody approves their own request. An evaluation error is a no.
 */
import type { CedarValueJson, EntityJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Cedar } from './cedar.ts';
import type { Compiled } from './compile.ts';
import type { ApprovalQuestion, PolicyEngine } from './engine.ts';
import { evaluate } from './evaluate.ts';
import { type Mentions, NO_MENTIONS } from './mentions.ts';
import { APPROVE_ACTION, toolId } from './names.ts';
import { askerContext, entitiesFor, principalEntity, principalOf } from './request.ts';

export function createOverseer(
  cedar: Cedar,
  { schema, oversight }: Compiled,
): Pick<PolicyEngine, 'mayApprove' | 'mayDo'> {
  const mentionsOn = (action: string): Mentions => oversight.mentions.get(action) ?? NO_MENTIONS;

  return {
    mayApprove(approver, question) {
      const { server, tool, requester } = question;
      // One id is one person, or one app, whatever kind it is called.
      if (approver.principal.kind !== 'user' || approver.principal.id === requester.id) return false;
      const policySet = oversight.approveSets.get(toolId(server, tool));
      if (policySet === undefined) return false;
      const resource = { type: 'Tool', id: toolId(server, tool) };
      const mentions = mentionsOn(APPROVE_ACTION);
      const outcome = evaluate(cedar, {
        principal: principalOf(approver),
        action: APPROVE_ACTION,
        resource,
        entities: [...entitiesFor(approver, server, resource), ...requesterEntities(question, mentions)],
        context: { ...askerContext(approver, mentions), ...approvalContext(question, mentions) },
        policySet,
        schema,
      });
      return outcome.kind === 'allow';
    },

    mayDo(asker, duty, server) {
      const policySet = oversight.dutySets.get(duty)?.get(server);
      if (policySet === undefined) return false;
      const outcome = evaluate(cedar, {
        principal: principalOf(asker),
        action: duty,
        resource: { type: 'Server', id: server },
        // The server itself is enumerated in the schema, and stands in nothing.
        entities: [principalEntity(asker)],
        context: askerContext(asker, mentionsOn(duty)),
        policySet,
        schema,
      });
      return outcome.kind === 'allow';
    },
  };
}

/** Whether the requester is a guest is known. Their groups are not: policies that ask are refused at load. */
function requesterEntities({ requester }: ApprovalQuestion, mentions: Mentions): readonly EntityJson[] {
  if (requester.kind !== 'user' || !mentions.inside.has('requesterUser')) return [];
  return [{ uid: { type: 'User', id: requester.id }, attrs: { guest: requester.guest }, parents: [] }];
}

function approvalContext(
  { requester, channel }: ApprovalQuestion,
  { inside }: Mentions,
): Record<string, CedarValueJson> {
  const [name, type] = requester.kind === 'user' ? ['requesterUser', 'User'] : ['requesterApp', 'App'];
  return {
    ...(inside.has(name) && { [name]: { __entity: { type, id: requester.id } } }),
    ...(inside.has('channel') && { channel: { __entity: { type: 'Channel', id: channel } } }),
  };
}
