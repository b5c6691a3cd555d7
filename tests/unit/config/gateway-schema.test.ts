/** The JSON Schema that editors read is the loader's own. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { schemaFile, writeGatewaySchema } from '../../../infra/config-schema.ts';
import { proves } from '../../requirements.ts';

describe('gateway.schema.json', () => {
  it(
    proves('config.schema', 'is what the loader’s schema says: run `node infra/config-schema.ts` after a change'),
    async () => {
      expect(await readFile(schemaFile, 'utf8')).toBe(writeGatewaySchema());
    },
  );

  it(proves('config.schema', 'stands beside the sample, which points editors to it'), async () => {
    const sample = await readFile(new URL('./gateway.yaml', schemaFile), 'utf8');
    expect(sample).toMatch(/^# yaml-language-server: \$schema=\.\/gateway\.schema\.json\n/);
  });

  it('lets a reference stand for a text, not for a name', () => {
    const { groups } = JSON.parse(writeGatewaySchema()).properties;
    const texts = groups.additionalProperties.anyOf.map(({ pattern }: { pattern: string }) => new RegExp(pattern));
    const accepts = (text: string) => texts.some((pattern: RegExp) => pattern.test(text));
    expect(accepts('5a11e000-0000-4000-8000-0000000000a1')).toBe(true);
    expect(accepts(`\${FINANCE_GROUP}`)).toBe(true);
    expect(accepts('finance')).toBe(false);
    expect(groups.propertyNames).toEqual({ type: 'string', pattern: '^[a-z][a-z0-9-]{0,31}$' });
  });

  it('explains every key', () => {
    const unexplained: string[] = [];
    visit(JSON.parse(writeGatewaySchema()), '');
    expect(unexplained).toEqual([]);

    function visit(
      schema: { properties?: Record<string, never>; additionalProperties?: never; items?: never },
      path: string,
    ): void {
      for (const [key, member] of Object.entries(schema.properties ?? {})) {
        if (!('description' in Object(member))) unexplained.push(`${path}.${key}`);
        visit(member, `${path}.${key}`);
      }
      if (typeof schema.additionalProperties === 'object') visit(schema.additionalProperties, `${path}.*`);
      if (schema.items) visit(schema.items, `${path}[]`);
    }
  });
});
