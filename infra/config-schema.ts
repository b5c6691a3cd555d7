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
  const schema = z.toJSONSchema(gatewaySchema, {
    io: 'input',
    override: ({ jsonSchema, path }) => {
      if (jsonSchema.pattern !== undefined && !path.includes('propertyNames')) letReferencesStand(jsonSchema);
    },
  });
  return `${JSON.stringify({ ...schema, title: 'gateway.yaml' }, null, 2)}\n`;
}

/** A text may also hold `${NAME}`, which the loader replaces before it checks the pattern. */
function letReferencesStand(jsonSchema: z.core.JSONSchema.BaseSchema): void {
  jsonSchema.anyOf = [{ pattern: jsonSchema.pattern }, { pattern: REFERENCE_PATTERN }];
  delete jsonSchema.pattern;
}

if (import.meta.main) writeFileSync(schemaFile, writeGatewaySchema());
