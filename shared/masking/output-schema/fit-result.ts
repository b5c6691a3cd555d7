/** The structured content of a tool's result, where masking changed it, made to fit its schema again. */
import { isObject, type Json, type JsonObject } from '../../json/value.ts';
import { fitToSchema } from './fit.ts';

/** The client form of the message. Throws `NoFit`, and then nothing of the message is delivered. */
export function fitResult(
  schema: JsonObject,
  isClean: (value: Json) => boolean,
  message: Json,
  { client, record }: { readonly client: Json; readonly record: Json },
): Json {
  if (!isObject(message) || !isObject(client) || !isObject(record)) return client;
  const { result } = client;
  const original = contentOf(message.result);
  const masked = contentOf(result);
  if (!isObject(result) || original === undefined || masked === undefined || masked === original) return client;
  const structuredContent = fitToSchema(schema, isClean, original, masked, contentOf(record.result) ?? masked);
  return structuredContent === masked ? client : { ...client, result: { ...result, structuredContent } };
}

function contentOf(result: Json | undefined): Json | undefined {
  return isObject(result) ? result.structuredContent : undefined;
}
