/** The prompts: plain, with arguments that can be completed, with media, and one that must ask first. */
import { acceptedContent, completable, inputRequired, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { ask, contextForm } from './questions.ts';
import { pngBase64 } from './samples.ts';

const words = ['paris', 'park', 'party', 'test', 'testing'];
const complete = (value: string | undefined) => words.filter((word) => word.startsWith(value ?? ''));

const twoArguments = z.object({
  arg1: completable(z.string().describe('First test argument'), complete),
  arg2: completable(z.string().describe('Second test argument'), complete),
});
const resourceArguments = z.object({ resourceUri: z.string().describe('The resource to embed') });

export function registerPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'Has no arguments' }, () => ({
    messages: [userText('This is a simple prompt for testing.')],
  }));

  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Has two arguments', argsSchema: twoArguments },
    ({ arg1, arg2 }) => ({ messages: [userText(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  );

  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Has a resource inside', argsSchema: resourceArguments },
    ({ resourceUri }) => ({
      messages: [
        {
          role: 'user',
          content: {
            type: 'resource',
            resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
          },
        },
        userText('Please process the embedded resource above.'),
      ],
    }),
  );

  server.registerPrompt('test_prompt_with_image', { description: 'Has an image' }, () => ({
    messages: [
      { role: 'user', content: { type: 'image', data: pngBase64, mimeType: 'image/png' } },
      userText('Please analyze the image above.'),
    ],
  }));

  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks the user first' }, ({ mcpReq }) => {
    const given = acceptedContent(mcpReq.inputResponses, 'user_context', contextForm);
    if (given) return { messages: [userText(`In the context of ${given.context}`)] };
    return inputRequired({ inputRequests: { user_context: ask('What context should the prompt use?', contextForm) } });
  });
}

function userText(text: string) {
  return { role: 'user', content: { type: 'text', text } } as const;
}
