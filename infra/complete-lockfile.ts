/**
 * `node infra/complete-lockfile.ts`, after a dependency changed: names in package-lock.json the optional packages of other
 * platforms that npm left out because its registry did not serve them. Without them `npm ci` refuses the file, and on
 * those platforms their binaries would be missing. It adds a version and the platform, no checksum: npm gets that later.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const lockSchema = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({ dev: z.boolean().optional(), optionalDependencies: z.record(z.string(), z.string()).optional() }),
  ),
});

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm64', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'arm'];

export interface MissingPackage {
  readonly name: string;
  readonly entry: Readonly<Record<string, unknown>>;
}

/** Optional dependencies that no entry stands for. `text`: a package-lock.json of version 3. */
export function findMissingPackages(text: string): readonly MissingPackage[] {
  const { packages } = lockSchema.parse(JSON.parse(text));
  return Object.entries(packages).flatMap(([path, { dev, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages))
      .map(([name, version]) => ({ name, entry: { version, ...(dev ? { dev } : {}), ...platformOf(name) } })),
  );
}

/** As such packages are named: `@scope/name-linux-arm64-musl`. */
function platformOf(name: string): Record<string, unknown> {
  const os = SYSTEMS.filter((system) => name.includes(system));
  const cpu = PROCESSORS.filter((processor) => name.includes(processor)).slice(0, 1);
  const libc = os.includes('linux') ? { libc: [name.includes('musl') ? 'musl' : 'glibc'] } : {};
  return { optional: true, ...(cpu.length > 0 ? { cpu } : {}), ...(os.length > 0 ? { os } : {}), ...libc };
}

function complete(file: string): void {
  const text = readFileSync(file, 'utf8');
  const missing = findMissingPackages(text);
  const lock = lockSchema.parse(JSON.parse(text));
  const added = missing.map(({ name, entry }) => [`node_modules/${name}`, entry] as const);
  const packages = Object.fromEntries(
    [...Object.entries(lock.packages), ...added].toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
  writeFileSync(file, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
  console.log(`${missing.length} packages of other platforms added`);
}

if (import.meta.main) complete(join(import.meta.dirname, '../package-lock.json'));
