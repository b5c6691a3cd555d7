/**
 * What `npm start` prints once everything runs: where each part is, and what to try. Commands can be copied as they are.
 */
export interface Part {
  readonly name: string;
  readonly urls: readonly string[];
  /** `pid 4711`, or `in process`. */
  readonly process: string;
  /** Where its data is. */
  readonly data: string;
}

export interface SummaryInput {
  /** The gateway's. */
  readonly url: string;
  /** Of the page that shows the Teams channel. */
  readonly teamsUrl: string;
  readonly parts: readonly Part[];
  /** Flags that the commands below need to find this stack; empty for the default one. */
  readonly commandFlags: string;
  /** Lines of what has to be done before them, as they are typed. */
  readonly first?: readonly string[];
}

export function formatSummary(input: SummaryInput): string {
  const rows = input.parts.flatMap(({ name, urls, process, data }) =>
    urls.map((each, index) => (index === 0 ? [name, each, process, data] : ['', each, '', ''])),
  );
  return ['', formatTable(rows), '', ...whatToTry(input), ''].join('\n');
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

function whatToTry({ url, teamsUrl, commandFlags, first = [] }: Omit<SummaryInput, 'parts'>): string[] {
  const npmFlags = commandFlags === '' ? '' : ` --${commandFlags}`;
  const call = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: {
      name: 'search_customers',
      arguments: { query: 'Ada', limit: 2 },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  };
  return [
    'Try, in another terminal:',
    '',
    ...first.map((line) => `  ${line}`.trimEnd()),
    '  # a token for alice, who is in support, and a search: what comes back is masked',
    `  TOKEN=$(npm run --silent token -- --user alice${commandFlags})`,
    `  curl -s ${url}/mcp/crm -H "authorization: Bearer $TOKEN" \\`,
    `    -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' \\`,
    `    -H 'mcp-protocol-version: 2026-07-28' -H 'mcp-method: tools/call' -H 'mcp-name: search_customers' \\`,
    `    -d '${JSON.stringify(call)}'`,
    '',
    '  # a refund of 600: it waits for a person',
    `  npx mcp-inspector --cli ${url}/mcp/crm --transport http --header "Authorization: Bearer $TOKEN" \\`,
    '    --method tools/call --tool-name refund_payment --tool-arg payment_id=P-50006 amount=600',
    '',
    `  # bob answers it, signed in on ${url}/ui/approvals,`,
    `  # in the Teams channel on ${teamsUrl}, or with approve and a code of this list`,
    `  npx sallyport approvals list --local --user bob${commandFlags}`,
    '',
    '  # the whole story',
    `  npm run demo${npmFlags}`,
    '',
    '  # what happened, checked',
    `  npx sallyport verify --local${commandFlags}`,
  ];
}
