/**
 * What stands where data stood. A marker holds nothing of the original, not even its length, and no detector finds
 * anything in one, so that masking twice is masking once. A number becomes 0: any marker text would break a client that
 * expects a number by the tool's output schema. A schema with a minimum above 0 is not honoured.
 */

export const MASKED_NUMBER = 0;

const MARKER_START = '[masked:';

export function markerOf(classes: readonly string[]): string {
  return `${MARKER_START}${classes.join('+')}]`;
}

/** Binary content in a record: nobody looked into it, so it must not rest there. */
const UNINSPECTED = /^\[uninspected: \d+ characters\]$/;

export function uninspectedMarker(content: string): string {
  return UNINSPECTED.test(content) ? content : `[uninspected: ${content.length} characters]`;
}
