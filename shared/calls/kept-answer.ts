/**
 * The kept answer of a released call as the sealed store holds it (DESIGN §5): the client form that may be handed over,
 * the record form that is recorded when it is, and the exposure that happens then.
 */
import { z } from 'zod';
import { parseJsonBytes } from '../json/parse.ts';
import { isObject, type Json, type JsonObject } from '../json/value.ts';
import type { Exposure, Masked } from '../masking/masker.ts';

export interface KeptAnswer {
  /** A JSON-RPC response; its id is of the release. */
  readonly client: JsonObject;
  readonly record: Json;
  readonly exposure: readonly Exposure[];
  /** Classes that stand in it in clear because policy revealed them when it ran. */
  readonly revealed: readonly string[];
  readonly ranMs: number;
  /** What was sent: policy is asked for it again at each delivery, and the held request is gone by then. */
  readonly params: JsonObject;
}

const MAX_DEPTH = 1_000;

const envelope = z.strictObject({
  client: z.unknown(),
  record: z.unknown(),
  exposure: z.array(
    z.strictObject({
      class: z.string(),
      outcome: z.enum(['masked', 'revealed', 'uninspected', 'withheld']),
      count: z.int(),
    }),
  ),
  // Answers that were kept before anything was revealed say nothing of it.
  revealed: z.array(z.string()).default([]),
  ranMs: z.number(),
  params: z.unknown(),
});

export function writeKept(
  { client, record, exposure, revealed }: Masked & Pick<KeptAnswer, 'revealed'>,
  ranMs: number,
  params: JsonObject,
): Uint8Array {
  return Buffer.from(JSON.stringify({ client, record, exposure, revealed, ranMs, params }), 'utf8');
}

/** Undefined for what is no kept answer of ours. */
export function readKept(bytes: Uint8Array): KeptAnswer | undefined {
  const parsed = parseJsonBytes(bytes, { depth: MAX_DEPTH });
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  // Read by the schema for its shape, taken from what was parsed: exact numbers stay exact.
  const read = envelope.safeParse(parsed.value);
  const { client, record = null, params } = parsed.value;
  if (!read.success || !isObject(client) || !isObject(params)) return undefined;
  const { exposure, revealed, ranMs } = read.data;
  return { client, record, exposure, revealed, ranMs, params };
}
