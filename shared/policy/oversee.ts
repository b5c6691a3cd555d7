/**
 * Who may approve a call, see a class of data in clear, and audit, review or administer a server (DESIGN §4). Whatever the
 * policies say, an app approves nothing and nobody approves their own request. An evaluation error is a no.
 */
import type { CedarValueJson, EntityJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Cedar } from './cedar.ts';
import type { Compiled } from './compile.ts';
import type { ApprovalQuestion, PolicyEngine, RevealQuestion } from './engine.ts';
import { evaluate } from './evaluate.ts';
import { type Mentions, NO_MENTIONS } from './mentions.ts';
import { APPROVE_ACTION, REVEAL_ACTION, toolId } from './names.ts';
import type { Ask } from './remember.ts';
import { askerContext, entitiesFor, principalEntity, principalOf } from './request.ts';

export function createOverseer(
  cedar: Cedar,
  { schema, oversight }: Compiled,
  ask: Ask,
): Pick<PolicyEngine, 'mayApprove' | 'mayReveal' | 'mayDo'> {
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

    mayReveal(asker, question) {
      const { server } = question;
      const policySet = oversight.revealSets.get(server);
      if (policySet === undefined) return false;
      const mentions = mentionsOn(REVEAL_ACTION);
      // Asked of every answer that holds data, and its outcome depends on nothing but the question.
      const outcome = ask({
        principal: principalOf(asker),
        action: REVEAL_ACTION,
        resource: { type: 'Server', id: server },
        entities: [principalEntity(asker), ...toolEntities(question, mentions)],
        context: { ...askerContext(asker, mentions), ...revealContext(question, mentions) },
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

function toolEntities({ server, tool }: RevealQuestion, { inside }: Mentions): readonly EntityJson[] {
  if (tool === undefined || !inside.has('tool')) return [];
  return [{ uid: { type: 'Tool', id: toolId(server, tool) }, attrs: {}, parents: [{ type: 'Server', id: server }] }];
}

function revealContext(question: RevealQuestion, { inside }: Mentions): Record<string, CedarValueJson> {
  const { server, tool, class: name } = question;
  return {
    ...(inside.has('class') && { class: { __entity: { type: 'Class', id: name } } }),
    ...(inside.has('tool') && tool !== undefined && { tool: { __entity: { type: 'Tool', id: toolId(server, tool) } } }),
  };
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
