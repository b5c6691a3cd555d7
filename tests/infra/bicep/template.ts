/** A deployment as the compiler evaluated it: what would stand in Azure, asked by type and name. */
import { z } from 'zod';

const resource = z.looseObject({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  apiVersion: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
});

const snapshot = z.object({
  predictedResources: z.array(resource),
  diagnostics: z.array(z.unknown()),
  outputs: z.record(z.string(), z.unknown()),
});

export type Resource = z.output<typeof resource>;
export type Template = ReturnType<typeof createTemplate>;

export function createTemplate(json: unknown) {
  const { predictedResources, diagnostics, outputs } = snapshot.parse(json);
  const all = predictedResources.map((one) => ({ ...one, id: relative(one.id) }));
  return {
    all,
    diagnostics,
    outputs,
    of: (type: string): readonly Resource[] => all.filter((one) => one.type === type),
    /** The one whose name ends so; names that are made from a hash are asked by what they begin or end with. */
    one(type: string, name: RegExp = /./): Resource {
      const found = all.filter((one) => one.type === type && name.test(one.name));
      if (found.length !== 1 || !found[0]) throw new Error(`${found.length} of ${type} ${name}`);
      return found[0];
    },
  };
}

/** `/subscriptions/…/resourceGroups/…/providers/` is the same for all. */
function relative(id: string): string {
  return id.replace(/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\//, '');
}

/** Every string in a value, with where it stands. */
export function* stringsOf(value: unknown, path = ''): Generator<readonly [path: string, text: string]> {
  if (typeof value === 'string') yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) yield* stringsOf(part, `${path}/${name}`);
}
