/**
 * What a new pin changes, for the person who reviews it: tools added, removed and changed, the parts that changed, and
 * what in the new definitions looks as if it were not meant for the reviewer.
 */

import type { Pin, Pins } from '../tools-lock-file.ts';
import { quoteName } from '../tools-lock-file.ts';
import { compareDefinitions, type Difference, isSameJson } from './definition-difference.ts';
import { formatDifference, type Paint } from './format-difference.ts';
import { findSuspicions, formatSuspicion, type Suspicion } from './suspicious-text.ts';

export interface PinChange {
  readonly server: string;
  readonly tool: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Members of the definition that differ; of a changed tool. */
  readonly members: readonly string[];
  /** Of a changed tool against its pin, of an added one against nothing; none of a removed one. */
  readonly differences: readonly Difference[];
  /** In the definition that would be pinned. */
  readonly suspicions: readonly Suspicion[];
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
  if (fresh === undefined) {
    return [{ server, tool, change: 'removed', members: [], differences: [], suspicions: [] }];
  }
  if (old?.digest === fresh.digest) return [];
  const suspicions = findSuspicions(fresh.definition);
  const differences = compareDefinitions(old?.definition ?? {}, fresh.definition);
  if (old === undefined) return [{ server, tool, change: 'added', members: [], differences, suspicions }];
  const names = [...new Set([...Object.keys(old.definition), ...Object.keys(fresh.definition)])].toSorted();
  const members = names.filter((name) => !isSameJson(old.definition[name], fresh.definition[name]));
  return [{ server, tool, change: 'changed', members, differences, suspicions }];
}

/** The pins with none of the changes but these. */
export function applyChanges(before: Pins, after: Pins, changes: readonly PinChange[]): Pins {
  const applied = new Map([...before].map(([server, tools]) => [server, new Map(tools)]));
  for (const { server, tool } of changes) {
    const tools = applied.get(server) ?? new Map<string, Pin>();
    applied.set(server, tools);
    const fresh = after.get(server)?.get(tool);
    if (fresh === undefined) tools.delete(tool);
    else tools.set(tool, fresh);
  }
  // A server that gateway.yaml names no more.
  for (const [server, tools] of applied) if (tools.size === 0 && !after.has(server)) applied.delete(server);
  return applied;
}

/** Undefined for a name, `server/tool` or as it is printed, that no change bears. */
export function findChange(changes: readonly PinChange[], name: string): PinChange | undefined {
  return changes.find(({ server, tool }) => name === `${server}/${tool}` || name === quoteName(`${server}/${tool}`));
}

/** `~ crm/refund_payment (description, inputSchema)`, a line each, and under it what looks suspicious. */
export function formatChanges(changes: readonly PinChange[]): string {
  return changes.flatMap((change) => [formatHead(change), ...formatSuspicions(change)]).join('\n');
}

/** The same with every difference between. */
export function formatDifferences(changes: readonly PinChange[], paint: Paint): string {
  return changes
    .map((change) => {
      const lines = change.differences.flatMap((difference) => formatDifference(difference, paint));
      return [formatHead(change), ...lines.map((line) => `    ${line}`), ...formatSuspicions(change)].join('\n');
    })
    .join('\n\n');
}

function formatHead({ server, tool, change, members }: PinChange): string {
  const parts = members.length > 0 ? ` (${members.map(quoteName).join(', ')})` : '';
  return `${SIGNS[change]} ${quoteName(`${server}/${tool}`)}${parts}`;
}

function formatSuspicions({ suspicions }: PinChange): readonly string[] {
  return suspicions.map((suspicion) => `    ${formatSuspicion(suspicion)}`);
}
