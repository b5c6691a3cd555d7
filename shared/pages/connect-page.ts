/** The servers that somebody may use, and for each how to connect to it. Texts to copy are selected whole by a click. */
import { html } from 'hono/html';
import { CLIENT_PLACEHOLDER, type Copy, describeClients, type Guide } from './connect-guides.ts';
import type { ConnectTarget } from './connect-target.ts';
import { layout, type PageReader } from './layout.ts';
import { type Html, visibleLine } from './visible-text.ts';

export function connectListPage(reader: PageReader, servers: readonly string[]): Html {
  const body = html`<h1>Connect</h1>
<p class="quiet">The servers that you may use. Each page has what a client must know, ready to copy.</p>
<ul class="requests">
${servers.map((server) => html`<li><h2><a href="/ui/connect/${server}">${visibleLine(server)}</a></h2></li>\n`)}</ul>`;
  return layout({ title: 'Connect', reader, room: 'connect', body });
}

export function connectPage(reader: PageReader, target: ConnectTarget): Html {
  const guides = describeClients(target);
  const { server } = target;
  const body = html`<div class="heading"><h1>Connect to ${server}</h1><a href="/ui/connect">All servers</a></div>
<p>Everybody signs in as themselves: what your agent calls is judged by your rights and recorded under your name. A call that needs an approval answers “held”, and tells the agent what to do.</p>
<nav class="jumps" aria-label="Clients">
${guides.map(({ id, client }) => html`<a href="#${id}">${client}</a>\n`)}</nav>
${guides.map(guideSection)}
<section class="sheet" aria-labelledby="other"><h2 id="other">Any other client</h2>
<p>One that speaks MCP over Streamable HTTP and OAuth finds its way from the URL alone, if it can be given a client id: Entra ID registers no client by itself.</p>
${copyList([
  { label: 'URL', text: target.url },
  { label: 'Resource', text: target.resource },
  { label: 'Scope', text: target.scope },
  { label: 'App role', text: target.role },
  { label: 'Tenant', text: target.tenantId },
  { label: 'Gateway’s app', text: target.gatewayClientId },
])}</section>`;
  return layout({ title: `Connect to ${server}`, reader, room: 'connect', body });
}

const lackNotice = html`<div class="notice warn"><p>Put a client id where it says <span class="id">${CLIENT_PLACEHOLDER}</span>: ask an administrator which app it is.</p></div>`;

function guideSection({ id, client, text, copies, before, lacksClient }: Guide): Html {
  return html`<section class="sheet" id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${client}</h2>
<p>${text}</p>
${lacksClient && lackNotice}
${copyList(copies)}
<p class="quiet small">Needed in Entra ID: ${before}</p></section>
`;
}

function copyList(copies: readonly Copy[]): Html {
  return html`<dl class="copies${copies.length > 1 && ' short'}">
${copies.map(({ label, text }) => html`<div><dt>${label}</dt><dd><pre class="copy">${text}</pre></dd></div>\n`)}</dl>`;
}
