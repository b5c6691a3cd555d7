/** What a registration came to, for people: what changed, what stands otherwise, and what goes where. */
import { visibleLine, visibleText } from '../cli/pins/visible-text.ts';
import { names } from './desired.ts';
import type { Change } from './graph-api.ts';
import type { Registration } from './register-gateway.ts';

export function formatRegistration(registration: Registration, isDryRun: boolean): string {
  const { changes, drift } = registration;
  return [
    ...(changes.length === 0 ? ['nothing to change'] : [isDryRun ? 'would be changed:' : 'changed:']),
    ...changes.map(isDryRun ? formatRequest : ({ what }) => `- ${visibleLine(what)}`),
    ...(drift.length === 0
      ? []
      : ['stands otherwise, and was left:', ...drift.map((line) => `- ${visibleLine(line)}`)]),
    ...(isDryRun ? ['nothing was changed: this was a dry run'] : formatUse(registration)),
  ].join('\n');
}

/** As it would be sent. */
function formatRequest({ what, method, path, body }: Change): string {
  const json = JSON.stringify(body, null, 2).replaceAll('\n', '\n  ');
  return visibleText(`- ${what}\n  ${method} ${path}\n  ${json}`);
}

function formatUse({ clientId, servicePrincipalId, identifierUris }: Registration): readonly string[] {
  return [
    'for the deployment (azd env set):',
    `  ENTRA_CLIENT_ID=${clientId}`,
    `its service principal: ${servicePrincipalId}`,
    'what clients ask for:',
    ...identifierUris
      .filter((uri) => !uri.startsWith('api://'))
      .map((uri) => `  ${visibleLine(uri)}/${uri.endsWith('/api') ? names.apiScope : names.scope}`),
  ];
}
