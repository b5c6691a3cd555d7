/**
 * What comes from Teams (DESIGN §5): messages of an outgoing webhook, and answers to cards that the workflow brings. Each
 * has a proof and a channel of its own, and both decide through the one inbox. What is not configured is not there.
 */
import { sendNextNotice } from '../approvals/announce.ts';
import { createFlowAnswers, type FlowAnswers } from '../approvals/flow/answers.ts';
import type { Inbox } from '../approvals/inbox.ts';
import { createReplies, type Replies } from '../approvals/replies/replies.ts';
import { noteAdministration } from '../calls/administration.ts';
import type { CallParts } from '../calls/parts.ts';
import { createKeptSecret } from '../credentials/kept-secret.ts';
import { jsonAnswer } from '../mcp/answers.ts';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import { createFlowAuthenticator } from './authenticate-flow.ts';
import { createBoundedNotes } from './bounded-notes.ts';
import type { GatewayPorts } from './ports.ts';

interface TeamsSideOptions {
  readonly inbox: Inbox;
  readonly clientAddress: (headers: Headers) => string;
}

/** Who is refused, as far as something signed says so. */
interface Whom {
  readonly address: string;
  readonly person?: string;
  readonly tenant?: string;
  readonly why?: string;
}

/** `POST /teams/{kind}` */
export function createTeamsSide(
  parts: CallParts,
  ports: GatewayPorts,
  options: TeamsSideOptions,
): (call: HttpCall) => Promise<HttpAnswer> {
  const note = createRefusalNotes(parts);
  const replies = createTeamsReplies(parts, ports, { ...options, note });
  const answers = createTeamsAnswers(parts, ports, { ...options, note });
  return async (call) => {
    const { kind } = call.params;
    const side = kind === 'reply' ? replies : kind === 'flow' ? answers : undefined;
    return side === undefined ? jsonAnswer(404, { error: 'not found' }) : side.answer(call);
  };
}

type Note = ReturnType<typeof createRefusalNotes>;

function createRefusalNotes(parts: CallParts) {
  const noteUnsigned = createBoundedNotes({ note: (note) => noteAdministration(parts, note), nowMs: parts.nowMs });
  return (action: 'reply-refused' | 'answer-refused', code: string, whom: Whom): Promise<void> => {
    const { address, person, tenant, why } = whom;
    const who = [person === undefined ? '' : `, person ${person}`, tenant === undefined ? '' : `, tenant ${tenant}`];
    const detail = `${code}${why === undefined ? '' : ` (${why})`}, from ${address}${who.join('')}`;
    // What Teams or the workflow proved comes seldom, and no flood of what nobody proved hides it.
    return tenant === undefined ? noteUnsigned({ action, detail }) : noteAdministration(parts, { action, detail });
  };
}

/** Undefined where no outgoing webhook is configured: then nobody is listened to. */
function createTeamsReplies(
  parts: CallParts,
  ports: GatewayPorts,
  { inbox, clientAddress, note }: TeamsSideOptions & { readonly note: Note },
): Replies | undefined {
  const name = parts.config.approvals.teams?.replySecret;
  if (name === undefined) return undefined;
  const { entra, secrets: source, nowMs } = ports;
  return createReplies({
    ...ports,
    inbox,
    secret: createKeptSecret({ source, name, nowMs }),
    tenantId: entra.tenantId,
    agent: { id: entra.clientId },
    memberships: parts.memberships,
    marks: ports.replayMarks,
    refused: (code, detail) => note('reply-refused', code, detail),
    addressOf: ({ headers }) => clientAddress(headers),
    clock: ports,
  });
}

/** Undefined where no workflow is configured, likewise. */
function createTeamsAnswers(
  parts: CallParts,
  ports: GatewayPorts,
  { inbox, clientAddress, note }: TeamsSideOptions & { readonly note: Note },
): FlowAnswers | undefined {
  const flow = parts.config.approvals.teams?.flow;
  if (flow === undefined) return undefined;
  return createFlowAnswers({
    ...ports,
    inbox,
    authenticate: createFlowAuthenticator(parts, ports, flow),
    tenantId: ports.entra.tenantId,
    memberships: parts.memberships,
    marks: ports.replayMarks,
    postNextCard: (approval, round) => sendNextNotice(parts, approval, round),
    refused: (code, detail) => note('answer-refused', code, detail),
    addressOf: ({ headers }) => clientAddress(headers),
    clock: ports,
  });
}
