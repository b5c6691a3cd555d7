/**
 * What is held of a call, and sent when it is released (DESIGN §5): what makes it this call, and nothing of the client's
 * envelope, which would promise it streams, tasks or capabilities that a release has not.
 */
import type { JsonObject } from '../json/value.ts';

/** Of `tools/call`, what is held and later sent: neither the client's envelope nor what it would have us stream to it. */
export function heldParams(params: JsonObject): JsonObject {
  const { name, arguments: args, inputResponses, requestState } = params;
  return {
    ...(name === undefined ? {} : { name }),
    arguments: args ?? {},
    ...(inputResponses === undefined ? {} : { inputResponses }),
    ...(requestState === undefined ? {} : { requestState }),
  };
}
