/**
 * Writes `infra/config/gateway.schema.json`, the JSON Schema by which editors check and complete gateway.yaml,
 * from the same zod schema that the loader uses. Run it after a change there; a test fails when the two differ.
 */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { gatewaySchema } from '../shared/config/gateway-schema.ts';
import { REFERENCE_PATTERN } from '../shared/config/references.ts';

export const schemaFile = new URL('./config/gateway.schema.json', import.meta.url);

/** The file's text, as it should stand. */
export function writeGatewaySchema(): string {
  const schema = letReferencesStand(z.toJSONSchema(gatewaySchema, { io: 'input' }));
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** A text value may also hold `${NAME}`, which the loader replaces before it checks the pattern; a key may not. */
function letReferencesStand(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(letReferencesStand);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === 'pattern' && typeof value === 'string')
        return ['anyOf', [{ pattern: value }, { pattern: REFERENCE_PATTERN }]];
      return [key, key === 'propertyNames' ? value : letReferencesStand(value)];
    }),
  );
}

if (import.meta.main) writeFileSync(schemaFile, writeGatewaySchema());
