/**
 * Tools that need the client's user or model. Written once for both eras: a modern client gets an input_required result
 * and calls again; for a legacy one the library sends the questions as requests of its own and calls again itself.
 */
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { ask, nameForm, sample } from './questions.ts';
import { say } from './samples.ts';

/** What a modern client says it can do, in the `_meta` of each request. */
const envelope = z.object({ [CLIENT_CAPABILITIES_META_KEY]: z.looseObject({}) });

export function registerAskingTools(server: McpServer): void {
  registerSimple(server);
  registerForms(server);
  registerByCapability(server);
}

function registerSimple(server: McpServer): void {
  const samplingInput = z.object({ prompt: z.string().describe('What the model is asked') });
  server.registerTool(
    'test_sampling',
    { description: 'Asks the client’s model', inputSchema: samplingInput },
    ({ prompt }, { mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'answer');
      if (answer.kind !== 'sampling') return inputRequired({ inputRequests: { answer: sample(prompt, 100) } });
      return say(`LLM response: ${JSON.stringify(answer.result.content)}`);
    },
  );

  const elicitationInput = z.object({ message: z.string().describe('What the user is asked') });
  const contactForm = z.object({
    username: z.string().describe('User’s response'),
    email: z.string().describe('User’s email address'),
  });
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the user', inputSchema: elicitationInput },
    ({ message }, { mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'user');
      if (answer.kind !== 'elicit') return inputRequired({ inputRequests: { user: ask(message, contactForm) } });
      const { action, content } = answer;
      return say(`User response: ${JSON.stringify({ action, content })}`);
    },
  );

  server.registerTool(
    'test_streaming_elicitation',
    { description: 'Asks the user in the middle of a stream' },
    askName,
  );
}

/** Every kind of field with a default (SEP-1034), and every way to write a choice (SEP-1330). */
function registerForms(server: McpServer): void {
  const defaults = inputRequired.elicit({
    message: 'Review these values',
    requestedSchema: {
      type: 'object',
      properties: {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      },
    },
  });
  const titled = (one: string) => [1, 2, 3].map((number) => ({ const: `value${number}`, title: `${one} ${number}` }));
  const choices = inputRequired.elicit({
    message: 'Choose',
    requestedSchema: {
      type: 'object',
      properties: {
        untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
        titledSingle: { type: 'string', oneOf: titled('Option') },
        legacyEnum: { type: 'string', enum: ['opt1', 'opt2'], enumNames: ['Option One', 'Option Two'] },
        untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
        titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
      },
    },
  });
  for (const [name, description, form] of [
    ['test_elicitation_sep1034_defaults', 'Asks the user with a form that has defaults', defaults],
    ['test_elicitation_sep1330_enums', 'Asks the user with a form of choices', choices],
  ] as const) {
    server.registerTool(name, { description }, ({ mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'form');
      if (answer.kind !== 'elicit') return inputRequired({ inputRequests: { form } });
      return say(`Elicitation completed: action=${answer.action}, content=${JSON.stringify(answer.content)}`);
    });
  }
}

function registerByCapability(server: McpServer): void {
  server.registerTool('test_missing_capability', { description: 'Needs a client that can sample' }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'answer');
    if (answer.kind !== 'sampling') return inputRequired({ inputRequests: { answer: sample('Say hello', 10) } });
    return say('The client can sample.');
  });

  server.registerTool(
    'test_input_required_result_capabilities',
    { description: 'Asks only what the client says it can answer' },
    ({ mcpReq }) => {
      if (mcpReq.inputResponses !== undefined) return say('Answered.');
      const can = envelope.safeParse(mcpReq.envelope).data?.[CLIENT_CAPABILITIES_META_KEY] ?? {};
      const inputRequests = {
        ...('elicitation' in can ? { user_name: ask('What is your name?', nameForm) } : {}),
        ...('sampling' in can ? { greeting: sample('Generate a greeting', 50) } : {}),
      };
      if (Object.keys(inputRequests).length === 0) return say('The client can answer nothing.');
      return inputRequired({ inputRequests });
    },
  );
}

export function askName({ mcpReq }: ServerContext) {
  const given = acceptedContent(mcpReq.inputResponses, 'user_name', nameForm);
  if (given) return say(`Hello, ${given.name}!`);
  return inputRequired({ inputRequests: { user_name: ask('What is your name?', nameForm) } });
}
