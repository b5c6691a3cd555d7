/**
 * Tools whose definition at run time is not the pinned one (FACTS §7; DESIGN §4). What a list shows is judged by its own
 * content alone; whether a call may go out, by what was listed last, here or on another instance. It never changes a
 * definition, and has no say in a tool that is not pinned: such a tool does not exist, a renamed one included.
 *
 * Failure: nothing is served before the notes were read once (`load` rejects, its caller refuses), so that a new
 * instance does not lift a quarantine. Later, a store that can't be read leaves the last known state: each list is still
 * judged, and only what another instance has seen meanwhile is missed. To refuse every call instead would let one
 * table's outage stop all servers, and would gain nothing that the next list does not.
 */
import type { Config } from '../config/config.ts';
import { digestTool } from '../config/tool-digest.ts';
import type { Json, JsonObject } from '../json/value.ts';
import { createDriftNotes, type DriftNotesOptions } from './drift-notes.ts';
import { MOST_DEFINITION_BYTES } from './drift-store.ts';

export interface ToolDriftWatch {
  /** Reads the notes for the first time, and from then on in the background. Rejects when they can't be read. */
  load(): Promise<void>;
  /**
   * Whether a listed definition may be shown: true for the pinned one and for a tool that is not pinned, else as the
   * server's `drift` says. Notes what differs, and what no longer does, in the background.
   */
  mayShow(server: string, definition: JsonObject): boolean;
  /** False for a quarantined tool: on this instance at once, on others within `POLL_MS` and two storage operations. */
  mayCall(server: string, tool: string): boolean;
  /** Resolves when the last notes are written, or the store refused them. */
  close(): Promise<void>;
}

export interface ToolDriftOptions extends DriftNotesOptions {
  readonly config: Pick<Config, 'lock' | 'servers'>;
  readonly nowMs: () => number;
  /**
   * The record form of a definition: what an upstream says of its tools may hold anything, and a note is at rest. It may
   * throw: then only the digest is noted.
   */
  readonly recordForm: (definition: JsonObject) => Json;
}

/** A longer definition is digested at each list instead of being remembered. */
const MOST_REMEMBERED_CHARACTERS = 65_536;

export function createToolDrift({ config, nowMs, recordForm, ...options }: ToolDriftOptions): ToolDriftWatch {
  const { log } = options;
  const notes = createDriftNotes(options);
  const digestOf = createDigestMemory();

  const pinOf = (server: string, tool: string): string | undefined =>
    config.lock.servers.get(server)?.get(tool)?.digest;
  const isQuarantining = (server: string): boolean => config.servers.get(server)?.drift !== 'alert';

  function note(server: string, tool: string, pinned: string, definition: JsonObject, seen: string | undefined): void {
    const known = notes.find(server, tool);
    if (known === undefined && seen === pinned) return;
    // Who has read a note speaks after it, whatever the two clocks say.
    const lastSeenMs = Math.max(nowMs(), (known?.lastSeenMs ?? 0) + 1);
    if (known !== undefined && known.seen === seen) {
      notes.put({ ...known, lastSeenMs });
      return;
    }
    const facts = { server, tool, pinned, seen };
    if (seen === pinned) log('info', 'tool-drift-over', facts);
    else log('warn', 'tool-drift', { ...facts, isQuarantined: isQuarantining(server) });
    const kept = seen === pinned ? undefined : recordText(definition, recordForm);
    notes.put({
      server,
      tool,
      pinned,
      ...(seen !== undefined && { seen }),
      ...(kept !== undefined && { definition: kept }),
      firstSeenMs: lastSeenMs,
      lastSeenMs,
    });
  }

  return {
    load: () => notes.load(),
    mayShow(server, definition) {
      const { name: tool } = definition;
      const pinned = typeof tool === 'string' ? pinOf(server, tool) : undefined;
      if (typeof tool !== 'string' || pinned === undefined) return true;
      const seen = digestOf(server, tool, definition);
      note(server, tool, pinned, definition, seen);
      return seen === pinned || !isQuarantining(server);
    },
    mayCall(server, tool) {
      const known = notes.find(server, tool);
      if (known === undefined || !isQuarantining(server)) return true;
      const pinned = pinOf(server, tool);
      return pinned === undefined || known.seen === pinned;
    },
    close: () => notes.close(),
  };
}

function recordText(definition: JsonObject, recordForm: ToolDriftOptions['recordForm']): string | undefined {
  if (Buffer.byteLength(JSON.stringify(definition)) > MOST_DEFINITION_BYTES) return undefined;
  try {
    const text = JSON.stringify(recordForm(definition));
    return Buffer.byteLength(text) > MOST_DEFINITION_BYTES ? undefined : text;
  } catch {
    // What can't be masked is not kept; the digest tells enough to act on.
    return undefined;
  }
}

/** A list costs a comparison of texts for each tool that is as it was last time, and a digest for the others. */
function createDigestMemory(): (server: string, tool: string, definition: JsonObject) => string | undefined {
  const remembered = new Map<string, { readonly text: string; readonly digest: string | undefined }>();
  return (server, tool, definition) => {
    const key = `${server}/${tool}`;
    const text = JSON.stringify(definition);
    const last = remembered.get(key);
    if (last?.text === text) return last.digest;
    const digest = digestTool(definition);
    if (text.length <= MOST_REMEMBERED_CHARACTERS) remembered.set(key, { text, digest });
    return digest;
  };
}
