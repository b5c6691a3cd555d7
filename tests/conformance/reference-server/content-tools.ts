/** Tools that answer at once: every kind of content, an error, and input schemas that must arrive whole. */
import { fromJsonSchema, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { pngBase64, say, wavBase64 } from './samples.ts';

/** Keywords that a careless intermediary loses (SEP-1613, SEP-2106). */
const schema202012 = fromJsonSchema({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword, and nobody awaits this object.
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
});

/** The client repeats this argument in the header `Mcp-Param-Region` (SEP-2243). */
const headerSchema = z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) });

export function registerContentTools(server: McpServer): void {
  server.registerTool('test_simple_text', { description: 'Answers with text' }, () =>
    say('This is a simple text response for testing.'),
  );

  server.registerTool('test_image_content', { description: 'Answers with an image' }, () => ({
    content: [{ type: 'image', data: pngBase64, mimeType: 'image/png' }],
  }));

  server.registerTool('test_audio_content', { description: 'Answers with audio' }, () => ({
    content: [{ type: 'audio', data: wavBase64, mimeType: 'audio/wav' }],
  }));

  server.registerTool('test_embedded_resource', { description: 'Answers with a resource inside the answer' }, () => ({
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
  }));

  server.registerTool('test_multiple_content_types', { description: 'Answers with text, image and resource' }, () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      { type: 'image', data: pngBase64, mimeType: 'image/png' },
      {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: JSON.stringify({ test: 'data', value: 123 }),
        },
      },
    ],
  }));

  server.registerTool('test_error_handling', { description: 'Always fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });

  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Has an input schema with the keywords of JSON Schema 2020-12', inputSchema: schema202012 },
    (args) => say(`Received ${JSON.stringify(args)}`),
  );

  server.registerTool(
    'test_x_mcp_header',
    { description: 'Has an argument that the client repeats in a header', inputSchema: headerSchema },
    ({ region }) => say(`Region ${region}`),
  );
}
