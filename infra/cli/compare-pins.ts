/**
 * What a new pin changes, for the person who reviews it: tools added, removed, and changed, with the parts that changed.
 */
import canonicalize from 'canonicalize';
import { type Pin, type Pins, quoteName } from './tools-lock-file.ts';

export interface PinChange {
  readonly server: string;
  readonly tool: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Members of the definition that differ; of a changed tool. */
  readonly members: readonly string[];
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

/** By server, then by tool. */
export function comparePins(before: Pins, after: Pins): readonly PinChange[] {
  const servers = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return servers.flatMap((server) => {
    const old = before.get(server) ?? new Map<string, Pin>();
    const fresh = after.get(server) ?? new Map<string, Pin>();
    const tools = [...new Set([...old.keys(), ...fresh.keys()])].toSorted();
    return tools.flatMap((tool) => compareTool(server, tool, old.get(tool), fresh.get(tool)));
  });
}

function compareTool(server: string, tool: string, old: Pin | undefined, fresh: Pin | undefined): PinChange[] {
  if (old === undefined) return [{ server, tool, change: 'added', members: [] }];
  if (fresh === undefined) return [{ server, tool, change: 'removed', members: [] }];
  if (old.digest === fresh.digest) return [];
  const names = [...new Set([...Object.keys(old.definition), ...Object.keys(fresh.definition)])].toSorted();
  const members = names.filter((name) => canonicalize(old.definition[name]) !== canonicalize(fresh.definition[name]));
  return [{ server, tool, change: 'changed', members }];
}

/** `~ crm/refund_payment (description, inputSchema)`, a line each. */
export function formatChanges(changes: readonly PinChange[]): string {
  return changes
    .map(({ server, tool, change, members }) => {
      const parts = members.length > 0 ? ` (${members.map(quoteName).join(', ')})` : '';
      return `${SIGNS[change]} ${quoteName(`${server}/${tool}`)}${parts}`;
    })
    .join('\n');
}
