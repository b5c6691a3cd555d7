/**
 * What a server says of itself as an OAuth protected resource (RFC 9728, FACTS §2). It answers for every well-formed
 * server name, configured or not: nobody learns from it which servers exist.
 */
import { isServerName } from '../config/names.ts';

export interface ResourceOptions {
  /** Without a trailing slash: Entra compares `resource` character for character. */
  readonly publicUrl: string;
  /** `exact`: each server is a resource of its own; `parent`: all of them are one, `{publicUrl}/mcp`. */
  readonly resource: 'exact' | 'parent';
  /** Short name of the delegated scope. */
  readonly scope: string;
}

export interface ResourceDescription {
  /** The audience of tokens for this server, and an identifier URI of the app registration. */
  readonly resource: string;
  readonly metadataUrl: string;
  /** Fully qualified, as Entra wants it asked for. */
  readonly scope: string;
}

export interface IdentityAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const PARENT = 'mcp';

/** `server` must be a well-formed name. */
export function describeResource(server: string, options: ResourceOptions): ResourceDescription {
  const path = options.resource === 'parent' ? PARENT : `${PARENT}/${server}`;
  const resource = `${options.publicUrl}/${path}`;
  return {
    resource,
    metadataUrl: `${options.publicUrl}${WELL_KNOWN}/${path}`,
    scope: `${resource}/${options.scope}`,
  };
}

/** The answer at `/.well-known/oauth-protected-resource/{path}`, e.g. `mcp/crm`; 404 for every other path. */
export function answerResourceMetadata(
  path: string,
  options: ResourceOptions & { readonly issuer: string },
): IdentityAnswer {
  const description = describePath(path, options);
  if (description === undefined) return answer(404, { error: 'not_found' });
  return answer(200, {
    resource: description.resource,
    authorization_servers: [options.issuer],
    scopes_supported: [description.scope],
    bearer_methods_supported: ['header'],
  });
}

/** In `parent` mode the document also stands at the parent's own path, where `metadataUrl` points. */
function describePath(path: string, options: ResourceOptions): ResourceDescription | undefined {
  const [parent, server = '', ...rest] = path.split('/');
  if (parent !== PARENT || rest.length > 0) return undefined;
  const isParent = options.resource === 'parent' && path === PARENT;
  return isParent || isServerName(server) ? describeResource(server, options) : undefined;
}

/** Public and the same for everybody: any page may read it, as browser-based MCP clients do. */
function answer(status: number, body: object): IdentityAnswer {
  const headers = {
    'content-type': 'application/json',
    'cache-control': status === 200 ? 'public, max-age=300' : 'no-store',
    'access-control-allow-origin': '*',
  };
  return { status, headers, body: JSON.stringify(body) };
}
