/**
 * What an app folder says about itself: `package.json` `main`, `host.json`, `local.settings.json`. Every problem is one
 * clear line (`HostProblem`). Of host.json only `extensions.http.routePrefix` and `extensions.serviceBus` are used. Never overwrites a variable that
 * the environment already has.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A reason not to start, told without a stack. */
export class HostProblem extends Error {}

export interface AppSettings {
  /** Absolute, in the order they load. */
  readonly entryFiles: readonly string[];
  /** Without slashes at its ends; empty when routes begin at the root. */
  readonly routePrefix: string;
  /** `extensions.serviceBus` of host.json as it stands (queue-settings.ts). */
  readonly serviceBus: Readonly<Record<string, unknown>>;
}

/** Reads the folder and fills in `environment` from `local.settings.json`. Throws `HostProblem`. */
export function readAppSettings(appDir: string, environment: Record<string, string | undefined>): AppSettings {
  const main = readJson(appDir, 'package.json')?.main;
  if (typeof main !== 'string')
    throw new HostProblem(`package.json in ${appDir} has no "main" that names the functions`);
  const entryFiles = globSync(main, { cwd: appDir }).sort();
  if (entryFiles.length === 0)
    throw new HostProblem(`No file matches "${main}" (package.json main): build the app first`);
  applyLocalSettings(appDir, environment);
  const extensions = readJson(appDir, 'host.json')?.extensions;
  const sections = isRecord(extensions) ? extensions : {};
  return {
    entryFiles: entryFiles.map((file) => join(appDir, file)),
    routePrefix: readRoutePrefix(sections.http),
    serviceBus: readServiceBus(sections.serviceBus),
  };
}

function readServiceBus(section: unknown = {}): Readonly<Record<string, unknown>> {
  if (!isRecord(section)) throw new HostProblem('host.json: extensions.serviceBus must be an object');
  return section;
}

function readRoutePrefix(http: unknown): string {
  const prefix = isRecord(http) ? http.routePrefix : undefined;
  if (prefix === undefined) return 'api';
  if (typeof prefix !== 'string') throw new HostProblem('host.json: extensions.http.routePrefix must be a string');
  return prefix.replace(/^\/+|\/+$/g, '');
}

function applyLocalSettings(appDir: string, environment: Record<string, string | undefined>): void {
  const settings = readJson(appDir, 'local.settings.json');
  if (settings?.IsEncrypted === true)
    throw new HostProblem('local.settings.json is encrypted: this host cannot read it');
  const values = settings?.Values ?? {};
  if (!isRecord(values)) throw new HostProblem('local.settings.json: Values must be an object');
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') throw new HostProblem(`local.settings.json: Values.${name} must be a string`);
    environment[name] ??= value;
  }
}

/** `undefined` when there is no such file. */
function readJson(appDir: string, name: string): Record<string, unknown> | undefined {
  let text: string;
  try {
    text = readFileSync(join(appDir, name), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new HostProblem(`${name} in ${appDir} could not be read`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HostProblem(`${name} in ${appDir} is not JSON`, { cause });
  }
  if (!isRecord(value)) throw new HostProblem(`${name} in ${appDir} is not a JSON object`);
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
