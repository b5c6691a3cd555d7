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
    return [`api://${clientId}`, all, ...servers.map((server) => `${all}/${server}`)];
  }

  function scopesOf(identifier: string): readonly string[] {
    // Entra takes the bare client id for the `api://` form in a scope.
    const prefixes = identifier === `api://${clientId}` ? [identifier, clientId] : [identifier];
    return prefixes.flatMap((prefix) => [`${prefix}/${directory.scope}`, `${prefix}/.default`]);
  }

  function identifierOf(scopes: readonly string[]): string | undefined {
    const meant = identifiers().filter((identifier) => scopesOf(identifier).some((scope) => scopes.includes(scope)));
    return meant.length === 1 ? meant[0] : undefined;
  }

  return { identifiers, scopesOf, identifierOf };
}

export function gatewayApp(directory: Directory): App {
  const gateway = findApp(directory, 'gateway');
  if (!gateway) throw new Error('the directory has no app named gateway');
  return gateway;
}
