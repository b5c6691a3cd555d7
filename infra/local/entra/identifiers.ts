/**
 * Which resource a request means: identifier URIs and the scopes under them, compared character for character as
 * Entra does (FACTS §2). Pure. The gateway's URL comes late, when its port is known, so it is asked for each time.
 */
import { type App, type Directory, findApp } from './directory.ts';

export interface Resources {
  /** The identifier URIs of the gateway's registration. */
  identifiers(): readonly string[];
  /** `{identifier}/{scope}` and `{identifier}/.default`. */
  scopesOf(identifier: string): readonly string[];
  /** The one identifier that the scopes of a request stand under; `undefined` for none or several. */
  identifierOf(scopes: readonly string[]): string | undefined;
}

export function createResources(options: {
  readonly directory: Directory;
  readonly servers: readonly string[];
  readonly publicUrl: () => string;
}): Resources {
  const { directory, servers, publicUrl } = options;
  const { clientId } = gatewayApp(directory);

  function identifiers(): readonly string[] {
    const all = `${publicUrl()}/mcp`;
    return [`api://${clientId}`, apiUrl(), all, ...servers.map((server) => `${all}/${server}`)];
  }

  function apiUrl(): string {
    return `${publicUrl()}/api`;
  }

  /** Entra would take every scope under every identifier; whoever asks for one under a URL that it is not for errs. */
  function scopesOf(identifier: string): readonly string[] {
    const { scope, apiScope } = directory;
    if (identifier === apiUrl()) return under(identifier, [apiScope]);
    if (identifier !== `api://${clientId}`) return under(identifier, [scope]);
    // Entra takes the bare client id for the `api://` form in a scope.
    return [identifier, clientId].flatMap((prefix) => under(prefix, [scope, apiScope]));
  }

  function identifierOf(scopes: readonly string[]): string | undefined {
    const meant = identifiers().filter((identifier) => scopesOf(identifier).some((scope) => scopes.includes(scope)));
    return meant.length === 1 ? meant[0] : undefined;
  }

  return { identifiers, scopesOf, identifierOf };
}

function under(prefix: string, scopes: readonly string[]): readonly string[] {
  return [...scopes, '.default'].map((scope) => `${prefix}/${scope}`);
}

export function gatewayApp(directory: Directory): App {
  const gateway = findApp(directory, 'gateway');
  if (!gateway) throw new Error('the directory has no app named gateway');
  return gateway;
}
