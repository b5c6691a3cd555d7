/**
 * Who may even ask, before any token is looked at (DESIGN §2.1): a foreign `Host` or a browser page of a foreign
 * `Origin` is refused, so that DNS rebinding and cross-site requests reach nothing (MCP, Streamable HTTP, "Security warning").
 */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface OriginRules {
  /** Lower case, without port. */
  readonly hosts: ReadonlySet<string>;
  readonly origins: readonly string[];
}

/** What is wrong with the request's `Host` or `Origin`, for the record; undefined if nothing is. */
export function originProblem(headers: Headers, rules: OriginRules): string | undefined {
  const host = hostName(headers.get('host'));
  if (host === undefined || !isKnownHost(host, rules.hosts)) return 'the Host is not this gateway';
  const origin = headers.get('origin');
  if (origin === null || rules.origins.includes(origin)) return undefined;
  const from = URL.canParse(origin) ? new URL(origin).hostname.toLowerCase() : undefined;
  // Tools in a browser on the same machine as a local gateway; never true of a deployed one.
  const isLocalTool = from !== undefined && LOOPBACK.has(from) && LOOPBACK.has(host);
  return isLocalTool ? undefined : 'the Origin is not allowed';
}

/** A loopback gateway answers to every loopback name: the port says which one it is. */
function isKnownHost(host: string, hosts: ReadonlySet<string>): boolean {
  return hosts.has(host) || (LOOPBACK.has(host) && [...LOOPBACK].some((name) => hosts.has(name)));
}

/** The name in a `Host` header; undefined for anything that is not `name` or `name:port`. */
function hostName(header: string | null): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(header ?? '');
  return match?.[1]?.toLowerCase();
}
