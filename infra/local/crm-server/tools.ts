/**
 * The CRM's six tools. Every result says the same twice, as text and as structuredContent, as MCP wants it for clients
 * that know only one; a mistake of the caller is a result with `isError`, never an exception.
 */
import type { CallToolResult, McpServer, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type CrmDatabase, customerSchema, paymentSchema } from './database.ts';
import { exportFormats, makeExport } from './export.ts';
import type { QueryRunner } from './query.ts';

export interface Crm {
  readonly database: CrmDatabase;
  readonly queries: QueryRunner;
}

/** Gives an answer of about 4 KiB. */
const searchLimitDefault = 10;
const searchLimitMost = 100;

const customerId = z.string().describe('For example C-1001');
const customerWithPayments = customerSchema.extend({ payments: z.array(paymentSchema) });

// Made once: a server instance lives for one modern request, and a schema costs more than a call.
const searchInput = z.object({
  query: z.string().min(1).max(200).describe('Part of a name, an email address or a city'),
  limit: z.int().min(1).max(searchLimitMost).optional().describe(`At most so many; ${searchLimitDefault} if absent`),
});

const searchOutput = z.object({ customers: z.array(customerSchema) });

const getInput = z.object({ customer_id: customerId });

const runQueryInput = z.object({ sql: z.string().min(1).describe('One SELECT statement') });

const runQueryOutput = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
  truncated: z.boolean(),
});

const exportCustomersInput = z.object({ format: z.enum(exportFormats) });

const exportCustomersOutput = z.object({
  format: z.enum(exportFormats),
  customers: z.int(),
  payments: z.int(),
  data: z.string(),
});

const refundInput = z.object({
  payment_id: z.string().describe('For example P-50001'),
  amount: z.int().min(1).describe('Whole US dollars, at most what is left of the payment'),
  reason: z.string().max(500).optional(),
});

const removeInput = z.object({ customer_id: customerId });

const removeOutput = z.object({ deleted: z.string() });

const readOnly = { readOnlyHint: true, destructiveHint: false, openWorldHint: false } as const;
const destructive = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: false,
} as const;

export function registerTools(server: McpServer, crm: Crm): void {
  registerReading(server, crm);
  registerChanging(server, crm);
}

function registerReading(server: McpServer, { database, queries }: Crm): void {
  server.registerTool(
    'search_customers',
    {
      title: 'Search customers',
      description: 'Finds customers whose name, email or city contains the text.',
      inputSchema: searchInput,
      outputSchema: searchOutput,
      annotations: readOnly,
    },
    ({ query, limit }) => answer({ customers: database.search(query, limit ?? searchLimitDefault) }),
  );

  server.registerTool(
    'get_customer',
    {
      title: 'Get a customer',
      description: 'One customer with all payments.',
      inputSchema: getInput,
      outputSchema: customerWithPayments,
      annotations: readOnly,
    },
    ({ customer_id }) => {
      const customer = database.customer(customer_id);
      if (customer === undefined) return refuse(`There is no customer ${customer_id}.`);
      return answer({ ...customer, payments: database.payments(customer_id) });
    },
  );

  server.registerTool(
    'run_query',
    {
      title: 'Run a query',
      description: 'Runs one SELECT statement of SQLite over customers and payments; see the resource crm://schema.',
      inputSchema: runQueryInput,
      outputSchema: runQueryOutput,
      annotations: readOnly,
    },
    async ({ sql }) => {
      const result = await queries.run(sql);
      if (!result.ok) return refuse(result.error);
      const { columns, rows, truncated } = result.value;
      return answer({ columns, rows, truncated });
    },
  );

  server.registerTool(
    'export_customers',
    {
      title: 'Export all customers',
      description: 'Everything about every customer. Large; reports progress to whoever asks for it.',
      inputSchema: exportCustomersInput,
      outputSchema: exportCustomersOutput,
      annotations: readOnly,
    },
    async ({ format }, context) => {
      const made = await makeExport(format, database, (done, total) => report(context, done, total));
      return { content: [{ type: 'text', text: made.data }], structuredContent: { ...made } };
    },
  );
}

function registerChanging(server: McpServer, { database }: Crm): void {
  server.registerTool(
    'refund_payment',
    {
      title: 'Refund a payment',
      description: 'Pays back all or part of a payment, in whole US dollars. It cannot be undone.',
      inputSchema: refundInput,
      outputSchema: paymentSchema,
      annotations: destructive,
    },
    ({ payment_id, amount }) => {
      const outcome = database.refund(payment_id, amount);
      switch (outcome.kind) {
        case 'refunded':
          return answer(outcome.payment);
        case 'no-payment':
          return refuse(`There is no payment ${payment_id}.`);
        case 'too-much':
          return refuse(`Only ${outcome.left} of payment ${payment_id} is left to refund.`);
      }
    },
  );

  server.registerTool(
    'delete_customer',
    {
      title: 'Delete a customer',
      description: 'Deletes a customer with all payments. It cannot be undone.',
      inputSchema: removeInput,
      outputSchema: removeOutput,
      annotations: destructive,
    },
    ({ customer_id }) =>
      database.deleteCustomer(customer_id)
        ? answer({ deleted: customer_id })
        : refuse(`There is no customer ${customer_id}.`),
  );
}

/** Progress for whoever gave a token, and one log line: both come before the result, so the answer becomes a stream. */
async function report(context: ServerContext, done: number, total: number): Promise<void> {
  const progressToken = context.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  await context.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: done, total } });
  if (done === total) await context.mcpReq.log('info', { event: 'export-made', customers: total }, 'crm');
}

function answer(structuredContent: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
}

function refuse(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}
