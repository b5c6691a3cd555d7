/**
 * The CRM as an MCP server: six tools, a resource and a prompt over the database, the same for both eras.
 * It shows personal data in clear and lets whoever has the API key do everything: guarding it is the gateway's work.
 * One instance serves one modern request or one legacy session; nothing is kept in it.
 */
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { databaseSchema } from './database.ts';
import { type Crm, registerTools } from './tools.ts';

const summariseArguments = z.object({ customer_id: z.string().describe('For example C-1001') });

export function createCrmMcpServer(crm: Crm): McpServer {
  const server = new McpServer(
    { name: 'crm', title: 'Sample CRM', version: '1.0.0' },
    { capabilities: { logging: {} }, instructions: 'Customers and payments of an invented company.' },
  );
  registerTools(server, crm);

  server.registerResource(
    'schema',
    'crm://schema',
    { title: 'Database schema', description: 'The tables that run_query may read.', mimeType: 'application/sql' },
    (uri) => ({ contents: [{ uri: uri.href, mimeType: 'application/sql', text: databaseSchema }] }),
  );

  server.registerPrompt(
    'summarise_customer',
    {
      title: 'Summarise a customer',
      description: 'Asks for a short summary of one customer, with their payments.',
      argsSchema: summariseArguments,
    },
    ({ customer_id }) => ({
      messages: [
        {
          role: 'user',
          content: { type: 'text', text: `Summarise in five lines:\n\n${describeCustomer(crm, customer_id)}` },
        },
      ],
    }),
  );
  return server;
}

function describeCustomer({ database }: Crm, id: string): string {
  const customer = database.customer(id);
  if (customer === undefined) return `There is no customer ${id}.`;
  return JSON.stringify({ ...customer, payments: database.payments(id) }, null, 2);
}
