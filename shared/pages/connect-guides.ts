/**
 * How each client is told of a server (FACTS §2): words, and texts to copy that are complete as they stand. JSON is
 * written by `JSON.stringify`, commands are quoted for a POSIX shell word by word. Where `gateway.yaml` names no client,
 * the text says `YOUR_CLIENT_ID` in its place. No secret stands in any of them, and none is asked for in a file.
 */
import type { ConnectTarget } from './connect-target.ts';

export interface Guide {
  /** For links within the page. */
  readonly id: string;
  readonly client: string;
  /** What it is about, in a sentence or two. */
  readonly text: string;
  readonly copies: readonly Copy[];
  /** What must be so in Entra before it works. */
  readonly before: string;
  /** Whether `YOUR_CLIENT_ID` stands somewhere in it. */
  readonly lacksClient: boolean;
}

/** One text to copy, and where it goes. */
export interface Copy {
  readonly label: string;
  readonly text: string;
}

/** In the place of an id that `gateway.yaml` doesn't name. */
export const CLIENT_PLACEHOLDER = 'YOUR_CLIENT_ID';

/** The port on which a desktop client waits for the sign-in to come back. */
const CALLBACK_PORT = 33_418;

export function describeClients(target: ConnectTarget): readonly Guide[] {
  return [
    visualStudioCode(target),
    claudeCode(target),
    cursor(target),
    copilotStudio(target),
    foundry(target),
    inspector(target),
  ];
}

function visualStudioCode({ server, url }: ConnectTarget): Guide {
  const settings = { servers: { [server]: { type: 'http', url } } };
  return {
    id: 'vscode',
    client: 'VS Code',
    text: 'It signs you in with your Microsoft account and finds the rest by itself.',
    copies: [{ label: '.vscode/mcp.json', text: toJson(settings) }],
    before: 'VS Code’s own client, aebc6443-996d-45c2-90f0-388ff96faa56, authorized for the scope.',
    lacksClient: false,
  };
}

function claudeCode({ server, url, clients }: ConnectTarget): Guide {
  const add = ['claude', 'mcp', 'add', '--transport', 'http', '--client-id', clients.desktop ?? CLIENT_PLACEHOLDER];
  return {
    id: 'claude-code',
    client: 'Claude Code',
    text: 'Then /mcp in a session signs you in.',
    copies: [{ label: 'In a terminal', text: toCommand([...add, '--callback-port', `${CALLBACK_PORT}`, server, url]) }],
    before: `the redirect URI http://localhost:${CALLBACK_PORT}/callback of this client.`,
    lacksClient: clients.desktop === undefined,
  };
}

function cursor({ server, url, scope, clients }: ConnectTarget): Guide {
  const auth = { CLIENT_ID: clients.desktop ?? CLIENT_PLACEHOLDER, scopes: [scope, 'offline_access'] };
  return {
    id: 'cursor',
    client: 'Cursor',
    text: 'For one project in .cursor/mcp.json, for all of yours in ~/.cursor/mcp.json.',
    copies: [{ label: '.cursor/mcp.json', text: toJson({ mcpServers: { [server]: { url, auth } } }) }],
    before: 'the redirect URI cursor://anysphere.cursor-mcp/oauth/callback of this client.',
    lacksClient: clients.desktop === undefined,
  };
}

function copilotStudio({ server, url, scope, authorizeUrl, tokenUrl, clients }: ConnectTarget): Guide {
  return {
    id: 'copilot-studio',
    client: 'Copilot Studio',
    text: 'Add a tool of the kind Model Context Protocol, choose OAuth 2.0 and Manual, and fill in these.',
    copies: [
      { label: 'Server name', text: server },
      { label: 'Server URL', text: url },
      { label: 'Client ID', text: clients.copilotStudio ?? CLIENT_PLACEHOLDER },
      { label: 'Authorization URL', text: authorizeUrl },
      { label: 'Token URL template', text: tokenUrl },
      { label: 'Refresh URL', text: tokenUrl },
      { label: 'Scopes', text: `${scope} offline_access` },
    ],
    before:
      'an app with a client secret, which its owner has, and with the redirect URL that Copilot Studio shows once the tool is made.',
    lacksClient: clients.copilotStudio === undefined,
  };
}

function foundry({ server, url, resource, role }: ConnectTarget): Guide {
  return {
    id: 'foundry',
    client: 'Foundry agents',
    text: 'The agent calls as itself, with a managed identity: add an MCP tool with Microsoft Entra authentication. Policy sees an app, not the person who talks to the agent.',
    copies: [
      { label: 'Name', text: server },
      { label: 'Remote MCP server endpoint', text: url },
      { label: 'Audience', text: resource },
    ],
    before: `the app role ${role} of the gateway’s registration, given to the identity of the agent or of the project. And a policy that lets that app use ${server}.`,
    lacksClient: false,
  };
}

function inspector({ url, clients }: ConnectTarget): Guide {
  const callback = `http://localhost:${CALLBACK_PORT}/oauth/callback`;
  const words = ['npx', '@modelcontextprotocol/inspector', '--cli', url, '--transport', 'http'];
  const auth = ['--client-id', clients.desktop ?? CLIENT_PLACEHOLDER, '--callback-url', callback];
  return {
    id: 'inspector',
    client: 'MCP Inspector',
    text: 'Lists the tools that you may see: the shortest way to find out whether you are let in.',
    copies: [{ label: 'In a terminal', text: toCommand([...words, '--method', 'tools/list', ...auth]) }],
    before: `the redirect URI ${callback} of this client.`,
    lacksClient: clients.desktop === undefined,
  };
}

function toJson(value: object): string {
  return JSON.stringify(value, null, 2);
}

/** A command for a POSIX shell: each word arrives as it is, whatever stands in it. */
export function toCommand(words: readonly string[]): string {
  return words.map(quote).join(' ');
}

/** What no shell reads anything into. */
const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

function quote(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
