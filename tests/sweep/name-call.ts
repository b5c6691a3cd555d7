/**
 * What an HTTP request to a service is, in words: the same operation has the same name in every run. Undefined for what is
 * not on the path of a held call.
 */

export interface Asked {
  readonly method: string;
  /** Path and query, decoded. */
  readonly path: string;
  readonly body: string;
}

export type Namer = (asked: Asked) => string | undefined;

/** Polls and counts of the process itself, at times of their own: other tests cut those. */
const BACKGROUND_TABLES = /\/(blocks|drift|limits|replies|keyring)\b/;

export function nameTableCall({ method, path, body }: Asked): string | undefined {
  if (BACKGROUND_TABLES.test(path)) return undefined;
  if (path.includes('$batch')) return 'table: head and request in one batch';
  const row = /RowKey='([^']*)'/.exec(path)?.[1];
  const isIndex = /PartitionKey(=|[ +]eq[ +])'open'/.test(path);
  if (isIndex && row === undefined) return 'table: list the index';
  if (isIndex) return method === 'DELETE' ? 'table: remove index row' : `table: index row → ${stateIn(body)}`;
  if (row === undefined) return method === 'POST' ? 'table: insert decision' : 'table: list decisions';
  const what = row === 'head' ? 'head' : 'request';
  if (method === 'GET') return `table: read ${what}`;
  return `table: ${what} → ${stateIn(body)}${body.includes('"noticedMs"') && stateIn(body) === 'pending' ? ', noticed' : ''}`;
}

export function nameBlobCall({ method, path, body }: Asked): string | undefined {
  if (path.includes('/sealed/')) {
    const kind = path.includes('/request-') ? 'request' : 'answer';
    return `blob: ${verbOf(method)} sealed ${kind}`;
  }
  if (path.includes('comp=appendblock')) return `blob: append ${kindsIn(body)}`;
  return method === 'PUT' ? 'blob: create segment' : `blob: ${verbOf(method)} segment`;
}

export function nameVaultCall({ method, path }: Asked): string {
  const [, collection = '', name = '', , operation] = path.split(/[/?]/);
  if (collection === 'secrets') return `vault: read ${name}`;
  return `vault: ${operation === undefined || operation.startsWith('api-version') ? verbOf(method) : operation} ${name}`;
}

export const nameGraphCall: Namer = () => 'graph: check groups';
export const nameTeamsCall: Namer = () => 'teams: post card';

export function nameIdentityCall({ path }: Asked): string {
  const resource = new URLSearchParams(path.split('?', 2)[1]).get('resource') ?? '';
  return `identity: token for ${/vault/.test(resource) ? 'the vault' : 'graph'}`;
}

export function nameUpstreamCall({ method, body }: Asked): string {
  return `upstream: ${/"method":"([^"]*)"/.exec(body)?.[1] ?? verbOf(method)}`;
}

function verbOf(method: string): string {
  const verbs: Readonly<Record<string, string>> = { GET: 'read', HEAD: 'look at', PUT: 'put', DELETE: 'delete' };
  return verbs[method] ?? method;
}

function stateIn(body: string): string {
  return /"state":"([a-z]+)"/.exec(body)?.[1] ?? 'other';
}

/** The records of an append, without the lines that every append has. */
function kindsIn(body: string): string {
  const kinds = body.split('\n').flatMap((line) => {
    const kind = /"kind":"([a-z]+)"/.exec(line)?.[1];
    const event = /"event":"([a-z-]+)"/.exec(line)?.[1];
    return kind === undefined || kind === 'signature' ? [] : [event === undefined ? kind : `${kind} ${event}`];
  });
  return kinds.join(' + ');
}
