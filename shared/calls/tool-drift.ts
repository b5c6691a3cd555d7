/**
 * Tools whose definition at run time is not the pinned one (FACTS §7; DESIGN §4): the port that lists and calls ask.
 */
import type { JsonObject } from '../json/value.ts';

export interface ToolDrift {
  /**
   * Tells whether a listed definition is the pinned one, and notes it if it is not (or is again). Synchronous: the note is
   * written in the background. True: the tool may be shown.
   */
  mayShow(server: string, definition: JsonObject): boolean;
  /** Whether a call may go out: false for a tool that is quarantined, on this instance or, within the poll, on another. */
  mayCall(server: string, tool: string): boolean;
}
