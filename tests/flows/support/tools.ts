/** Tools of the recording upstream, and calls to them in either era. */

export const READ_TOOL = {
  name: 'read_note',
  description: 'Reads a note',
  inputSchema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
};

export const PAY_TOOL = {
  name: 'pay',
  description: 'Pays an amount',
  inputSchema: {
    type: 'object',
    properties: { amount: { type: 'integer' }, note: { type: 'string' } },
    required: ['amount'],
  },
};

export const SECRET_TOOL = {
  name: 'secret_tool',
  description: 'Not for support',
  inputSchema: { type: 'object', properties: {} },
};

/** Support reads and pays up to 100; above, finance must approve; what is for finance stays unseen. */
export const POLICIES = `
@id("support-sees")
permit (principal in Group::"support", action == Action::"list", resource)
unless { resource == Tool::"crm/secret_tool" };

@id("support-reads")
permit (principal in Group::"support", action == Action::"crm/read_note", resource);

@id("support-pays")
permit (principal in Group::"support", action == Action::"crm/pay", resource);

@id("no-negative-amounts")
@reason("An amount is positive")
forbid (principal, action == Action::"crm/pay", resource) when { context.args.amount <= 0 };

@id("large-amounts-need-finance")
@reason("More than 100 needs one person from finance")
forbid (principal, action == Action::"crm/pay", resource)
when { context.args.amount > 100 }
unless { context.approval.met.contains(Quorum::"finance") };
`;

export const MODERN = '2026-07-28';

export interface Sent {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const BASE_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** Posts this very text; headers given here win. */
export async function post(
  url: string,
  token: string | undefined,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Sent> {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { ...BASE_HEADERS, ...authorization, ...headers },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** A legacy request as text; `args` is JSON text, so that a test decides every byte of it. */
export function callText(tool: string, args: string, id: number | string = 1): string {
  const params = `{"name":${JSON.stringify(tool)},"arguments":${args}}`;
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"tools/call","params":${params}}`;
}

/** A modern request with its headers. */
export function modernCall(
  method: string,
  params: Record<string, unknown> = {},
  name?: string,
  capabilities: Record<string, unknown> = {},
) {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientCapabilities': capabilities,
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  };
  return {
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } }),
    headers: {
      'mcp-protocol-version': MODERN,
      'mcp-method': method,
      ...(name === undefined ? {} : { 'mcp-name': name }),
    },
  };
}

/** The same, where finance may approve, and a call that would be held may also be denied for good. */
export const APPROVING_POLICIES = `${POLICIES}
@id("finance-approves")
permit (principal in Group::"finance", action == Action::"approve", resource in Server::"crm");
`;
