/** The system's Chromium, which playwright-core drives; it brings none of its own. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Undefined where there is none; with `CI` and `REQUIRE_BROWSER` set that is an error, not a reason to skip. */
export function findChromium(): string | undefined {
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const found = [process.env.CHROMIUM_PATH ?? '', ...paths].find((path) => path !== '' && existsSync(path));
  if (found === undefined && process.env.CI && process.env.REQUIRE_BROWSER) {
    throw new Error('REQUIRE_BROWSER is set and there is no Chromium: apt-get install -y chromium');
  }
  return found;
}
