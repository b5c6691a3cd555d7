/** What the server asks its client: the forms, the sampling and the roots that tools and prompts share. */
import { type InputRequest, inputRequired } from '@modelcontextprotocol/server';
import { z } from 'zod';

export const nameForm = z.object({ name: z.string() });
export const colorForm = z.object({ color: z.string() });
export const consentForm = z.object({ ok: z.boolean() });
export const confirmForm = z.object({ confirm: z.boolean() });
export const contextForm = z.object({ context: z.string() });

export function ask(message: string, requestedSchema: z.ZodObject): InputRequest {
  return inputRequired.elicit({ message, requestedSchema });
}

export function sample(prompt: string, maxTokens: number): InputRequest {
  return inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: prompt } }],
    maxTokens,
  });
}
