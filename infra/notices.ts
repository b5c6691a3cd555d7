/**
 * The license of everything that the package carries, in one text: what is bundled lies there without the file that its
 * license wants to go along with it. Texts are those that the packages come with; one that comes with none is named with
 * what its manifest says, and one that says nothing stops the packaging. The same packages give the same bytes.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  author: z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]).optional(),
});

const PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const LICENSE_FILE = /^(licen[cs]e|notice|copying|third-?party)/i;
const RULE = '-'.repeat(80);

interface Licensed {
  /** `name version`. */
  readonly title: string;
  readonly license: string;
  readonly text: string;
}

/** `files`: what is carried, whole or in part, relative to `appDir`. */
export async function formatNotices(appDir: string, files: Iterable<string>): Promise<string> {
  const folders = new Set([...files].flatMap((file) => PACKAGE.exec(file)?.[1] ?? []));
  const own = await readLicensed(appDir);
  const carried = await Promise.all([...folders].map((folder) => readLicensed(join(appDir, folder))));
  return [`${own.title} carries these packages, whole or in part.\n`, ...sections([own]), ...sections(carried)].join(
    '\n',
  );
}

async function readLicensed(folder: string): Promise<Licensed> {
  const { name, version, license, author } = manifestSchema.parse(
    JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')),
  );
  const names = (await readdir(folder)).filter((file) => LICENSE_FILE.test(file)).sort();
  const texts = await Promise.all(names.map((file) => readFile(join(folder, file), 'utf8')));
  const by = author === undefined ? '' : `, by ${author}`;
  return {
    title: `${name} ${version}`,
    license,
    text:
      texts.length > 0
        ? texts.map((text) => text.replaceAll('\r\n', '\n').trim()).join('\n\n')
        : `Its package names this license${by}, and comes without the text.`,
  };
}

/** One for each text, so that the hundred that share a dozen texts can be read; by the first of their names. */
function sections(packages: readonly Licensed[]): string[] {
  const byText = Map.groupBy(packages, ({ license, text }) => `${license}\n\n${text}`);
  return [...byText]
    .map(([text, sharing]) => [[...new Set(sharing.map(({ title }) => title))].sort().join('\n'), text] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([titles, text]) => `${RULE}\n${titles}\n\n${text}\n`);
}
