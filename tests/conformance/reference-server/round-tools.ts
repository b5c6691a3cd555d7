/**
 * Tools of several rounds (MCP 2026-07-28, multi-round-trip requests): what is asked, answered and asked again, with state
 * that goes through the client. The state is sealed: the library verifies it before a tool sees it.
 */
import {
  acceptedContent,
  inputRequired,
  inputResponse,
  type McpServer,
  type RequestStateCodec,
} from '@modelcontextprotocol/server';
import { askName } from './asking-tools.ts';
import { ask, colorForm, consentForm, nameForm, sample } from './questions.ts';
import { say } from './samples.ts';

interface FirstStep {
  readonly name?: string;
}

export function registerRoundTools(server: McpServer, state: RequestStateCodec): void {
  server.registerTool('test_input_required_result_elicitation', { description: 'Asks the user’s name' }, askName);
  registerOneRound(server);
  registerWithState(server, state);
}

function registerOneRound(server: McpServer): void {
  server.registerTool(
    'test_input_required_result_sampling',
    { description: 'Asks the client’s model for a capital' },
    ({ mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'capital_question');
      if (answer.kind === 'sampling') return say(JSON.stringify(answer.result.content));
      return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } });
    },
  );

  server.registerTool(
    'test_input_required_result_list_roots',
    { description: 'Asks for the client’s roots' },
    ({ mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'client_roots');
      if (answer.kind === 'roots') return say(answer.roots.map(({ uri }) => uri).join('\n'));
      return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    },
  );
}

function registerWithState(server: McpServer, state: RequestStateCodec): void {
  for (const name of ['test_input_required_result_request_state', 'test_input_required_result_tampered_state']) {
    server.registerTool(name, { description: 'Wants its own state back with the answer' }, async (context) => {
      const { mcpReq } = context;
      const consent = acceptedContent(mcpReq.inputResponses, 'confirm', consentForm);
      if (consent && mcpReq.requestState() !== undefined) return say('state-ok');
      return inputRequired({
        inputRequests: { confirm: ask('Please confirm', consentForm) },
        requestState: await state.mint({ asked: 'confirm' }, context),
      });
    });
  }

  server.registerTool(
    'test_input_required_result_multiple_inputs',
    { description: 'Asks the user, the model and the roots at once' },
    async (context) => {
      const { inputResponses } = context.mcpReq;
      const name = acceptedContent(inputResponses, 'user_name', nameForm);
      const greeting = inputResponse(inputResponses, 'greeting');
      const roots = inputResponse(inputResponses, 'client_roots');
      if (name && greeting.kind === 'sampling' && roots.kind === 'roots') return say(`All three of ${name.name}`);
      return inputRequired({
        inputRequests: {
          user_name: ask('What is your name?', nameForm),
          greeting: sample('Generate a greeting', 50),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await state.mint({ asked: 'all three' }, context),
      });
    },
  );

  server.registerTool(
    'test_input_required_result_multi_round',
    { description: 'Asks twice, one answer after the other' },
    async (context) => {
      const { inputResponses, requestState } = context.mcpReq;
      const before = requestState<FirstStep>();
      const color = acceptedContent(inputResponses, 'step2', colorForm);
      if (before?.name !== undefined && color) return say(`${before.name} likes ${color.color}`);
      const given = acceptedContent(inputResponses, 'step1', nameForm);
      const step =
        before && given
          ? { step2: ask('Step 2: What is your favorite color?', colorForm) }
          : { step1: ask('Step 1: What is your name?', nameForm) };
      const next: FirstStep = before && given ? { name: given.name } : {};
      return inputRequired({ inputRequests: step, requestState: await state.mint(next, context) });
    },
  );
}
