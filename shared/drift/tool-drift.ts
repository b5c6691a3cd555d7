/**
 * Tools whose definition at run time is not the pinned one (FACTS §7; DESIGN §4). What a list shows is judged by its own
 * content alone; whether a call may go out, by what was listed last, here or on another instance. It never changes a
 * definition, and has no say in a tool that is not pinned: such a tool does not exist, a renamed one included.
 *
 * Failure: at start nothing is served before the notes were read once (`load` rejects, the caller waits or refuses), so
 * that a new instance does not lift a quarantine. Later a store that can't be read leaves the last known state: every
 * list is still judged, and only what another instance has seen meanwhile is missed. To refuse every call instead would
 * let one table's outage take all servers down, and gain nothing that a list does not catch.
 */
import type { Config } from '../config/config.ts';
import { digestTool } from '../config/tool-digest.ts';
import type { Json, JsonObject } from '../json/value.ts';
import { createDriftNotes, type DriftNotesOptions } from './drift-notes.ts';
import { type DriftNote, MOST_DEFINITION_BYTES } from './drift-store.ts';

export interface ToolDriftWatch {
  /** Reads the notes for the first time, and from then on in the background. Rejects when they can't be read. */
  load(): Promise<void>;
  /**
   * Whether a listed definition may be shown: true for the pinned one and for a tool that is not pinned, else as the
   * server's `drift` says. Notes what differs, and what no longer does, in the background.
   */
  mayShow(server: string, definition: JsonObject): boolean;
  /** False for a quarantined tool: here at once, on another instance within `POLL_MS` and two storage operations. */
  mayCall(server: string, tool: string): boolean;
  /** Resolves when the last notes are written, or the store refused them. */
  close(): Promise<void>;
}

export interface ToolDriftOptions extends DriftNotesOptions {
  readonly config: Pick<Config, 'lock' | 'servers'>;
  readonly nowMs: () => number;
  /** The record form of a definition: what an upstream says of its tools may hold anything, and a note is at rest. */
  readonly recordForm: (definition: JsonObject) => Json;
}

/** A drifted tool's note is renewed so often while it is listed. */
const RENEW_MS = 300_000;
/** A note that our own lock has overtaken is swept after so long: longer than two deployments stand side by side. */
const OVERTAKEN_MS = 3_600_000;
/** A longer definition is digested at each list instead of being remembered. */
const MOST_REMEMBERED_CHARACTERS = 65_536;

export function createToolDrift({ config, nowMs, recordForm, ...options }: ToolDriftOptions): ToolDriftWatch {
  const { log } = options;
  const notes = createDriftNotes(options);
  const digestOf = createDigestMemory();

  const pinOf = (server: string, tool: string): string | undefined =>
    config.lock.servers.get(server)?.get(tool)?.digest;
  const isQuarantining = (server: string): boolean => config.servers.get(server)?.drift !== 'alert';

  function noteDrift(server: string, tool: string, pinned: string, seen: string | undefined, definition: JsonObject) {
    const known = notes.find(server, tool);
    const now = nowMs();
    const isSame = known !== undefined && known.seen === seen && known.pinned === pinned;
    if (isSame && now - known.lastSeenMs < RENEW_MS) return;
    if (!isSame) log('warn', 'tool-drift', { server, tool, pinned, seen, isQuarantined: isQuarantining(server) });
    const kept = isSame ? known.definition : recordText(definition, recordForm);
    notes.put({
      server,
      tool,
      pinned,
      ...(seen !== undefined && { seen }),
      ...(kept !== undefined && { definition: kept }),
      firstSeenMs: isSame ? known.firstSeenMs : now,
      lastSeenMs: now,
    });
  }

  function noteAgreement(server: string, tool: string, pinned: string): void {
    const known = notes.find(server, tool);
    if (known === undefined) return;
    // Another deployment, whose lock is older, may be in need of it for a while.
    if (known.seen === pinned && nowMs() - known.lastSeenMs < OVERTAKEN_MS) return;
    if (known.seen !== pinned) log('info', 'tool-drift-over', { server, tool, pinned });
    notes.clear(server, tool);
  }

  return {
    load: () => notes.load(),
    mayShow(server, definition) {
      const { name: tool } = definition;
      const pinned = typeof tool === 'string' ? pinOf(server, tool) : undefined;
      if (typeof tool !== 'string' || pinned === undefined) return true;
      const seen = digestOf(server, tool, definition);
      if (seen === pinned) {
        noteAgreement(server, tool, pinned);
        return true;
      }
      noteDrift(server, tool, pinned, seen, definition);
      return !isQuarantining(server);
    },
    mayCall(server, tool) {
      const note = notes.find(server, tool);
      if (note === undefined || !isQuarantining(server)) return true;
      return isOvertaken(note, pinOf(server, tool));
    },
    close: () => notes.close(),
  };
}

/** What was seen is what is pinned now, or the tool is pinned no more: another module's business. */
function isOvertaken({ seen }: DriftNote, pinned: string | undefined): boolean {
  return pinned === undefined || seen === pinned;
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

/** A list costs a string comparison for each tool that is listed as it was last time, and a digest for the others. */
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
