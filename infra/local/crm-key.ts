/**
 * The API key that the sample CRM asks for: random, made once per data folder and kept there for its owner only.
 * The stack puts it into the vault; nobody prints it.
 */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Without a folder, a new one each time. */
export async function ensureCrmKey(folder: string | undefined): Promise<string> {
  const made = randomBytes(24).toString('base64url');
  if (folder === undefined) return made;
  const file = join(folder, 'crm-api-key');
  try {
    await writeFile(file, made, { flag: 'wx', mode: 0o600 });
    return made;
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    return (await readFile(file, 'utf8')).trim();
  }
}
