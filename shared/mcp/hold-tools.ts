/**
 * What the gateway adds to the tools of a server with holds (DESIGN §5): two arguments to each tool that can be held, and
 * two tools of its own. Configuration refuses an upstream tool or argument of these names, so nothing can clash.
 */
import { isArray, isObject, type Json, type JsonObject } from '../json/value.ts';
import { err, ok, type Result } from '../result.ts';

export const JUSTIFICATION = 'sallyport_justification';
export const REPEAT = 'sallyport_repeat';
export const AWAIT_TOOL = 'sallyport_await_approval';
export const CANCEL_TOOL = 'sallyport_cancel_approval';

export const JUSTIFICATION_CHARACTERS = 1_000;

const INJECTED: JsonObject = {
  [JUSTIFICATION]: {
    type: 'string',
    maxLength: JUSTIFICATION_CHARACTERS,
    description:
      'Why this call is needed, in one or two sentences for the person who may have to approve it. Not sent to the server.',
  },
  [REPEAT]: {
    type: 'boolean',
    description:
      'Only after an identical call was approved and has run: true asks for it to be approved and run once more. Not sent to the server.',
  },
};

const APPROVAL_INPUT: JsonObject = {
  type: 'object',
  properties: { approval: { type: 'string', description: 'The approval id from the answer to the held call' } },
  required: ['approval'],
  additionalProperties: false,
};

const OWN_TOOLS: readonly JsonObject[] = [
  {
    name: AWAIT_TOOL,
    title: 'Wait for an approval',
    description:
      'Waits up to 45 seconds for a held call to be approved and run, and returns its answer. While it is still waiting, call this again.',
    inputSchema: APPROVAL_INPUT,
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  },
  {
    name: CANCEL_TOOL,
    title: 'Withdraw a held call',
    description: 'Withdraws a held call of yours that has not run yet: nobody needs to approve it any more.',
    inputSchema: APPROVAL_INPUT,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  },
];

export interface Injected {
  /** What is left: policy judges these, and the server gets these. */
  readonly args: JsonObject;
  readonly justification?: string;
  readonly repeat: boolean;
}

/** The error is a text for the caller. */
export function takeInjected(given: JsonObject): Result<Injected, string> {
  const { [JUSTIFICATION]: justification, [REPEAT]: repeat, ...args } = given;
  if (Object.keys(args).some((name) => /^sallyport_/i.test(name))) {
    return err(`only ${JUSTIFICATION} and ${REPEAT} may begin with sallyport_`);
  }
  if (justification !== undefined && typeof justification !== 'string') return err(`${JUSTIFICATION} must be a string`);
  if (justification !== undefined && justification.length > JUSTIFICATION_CHARACTERS) {
    return err(`${JUSTIFICATION} has at most ${JUSTIFICATION_CHARACTERS} characters`);
  }
  if (repeat !== undefined && typeof repeat !== 'boolean') return err(`${REPEAT} must be true or false`);
  const words = justification?.trim() ?? '';
  return ok({ args, repeat: repeat === true, ...(words === '' ? {} : { justification: words }) });
}

/** A `tools/list` result with what is added; our own tools stand at the end of its last page. */
export function withHoldTools(result: JsonObject, mayBeHeld: (tool: string) => boolean): JsonObject {
  const { tools, nextCursor } = result;
  if (!isArray(tools)) return result;
  const shown = tools.map((tool) => (isObject(tool) && isHoldable(tool, mayBeHeld) ? withArguments(tool) : tool));
  return { ...result, tools: nextCursor === undefined ? [...shown, ...OWN_TOOLS] : shown };
}

function isHoldable({ name }: JsonObject, mayBeHeld: (tool: string) => boolean): boolean {
  return typeof name === 'string' && mayBeHeld(name);
}

function withArguments(tool: JsonObject): JsonObject {
  const schema: JsonObject = isObject(tool.inputSchema) ? tool.inputSchema : { type: 'object' };
  const properties: Json = isObject(schema.properties) ? { ...schema.properties, ...INJECTED } : INJECTED;
  return { ...tool, inputSchema: { ...schema, properties } };
}
