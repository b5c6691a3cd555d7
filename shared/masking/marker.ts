/**
 * What stands where data stood. A marker holds nothing of the original, not even its length, but for the part or the token
 * that the configuration asks for; no detector finds anything in one, so that masking twice is masking once. A number
 * becomes 0: any marker text would break a client that expects a number by the tool's output schema.
 */

export const MASKED_NUMBER = 0;

const MARKER_START = '[masked:';

export function markerOf(classes: readonly string[], shown?: string): string {
  const more = shown === undefined ? '' : ` ${shown}`;
  return `${MARKER_START}${classes.join('+')}${more}]`;
}

/** Binary content in a record: nobody looked into it, so it must not rest there. */
const UNINSPECTED = /^\[uninspected: \d+ characters\]$/;

export function uninspectedMarker(content: string): string {
  return UNINSPECTED.test(content) ? content : `[uninspected: ${content.length} characters]`;
}
