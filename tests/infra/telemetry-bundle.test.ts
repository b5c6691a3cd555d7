/** What the built app loads before anybody asks for telemetry, by the bundler's own word: the cold start pays for none. */
import { build, stop } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagesBeside } from '../../infra/build.ts';
import { proves } from '../requirements.ts';

const root = new URL('../../', import.meta.url).pathname;
/** What starts the app, and what answers the first call. */
const ENTRIES = ['functions/app-setup.ts', 'functions/mcp.ts'];
type Outputs = Awaited<ReturnType<typeof bundle>>;

async function bundle() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...ENTRIES],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    external: [...packagesBeside, '@azure/functions-core'],
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  return metafile.outputs;
}

describe('the built app', () => {
  let outputs: Outputs;
  beforeAll(async () => {
    outputs = await bundle();
  });
  afterAll(() => stop());

  /** Of the files that are loaded: at once, or with those that are fetched later. */
  function inputsFrom(kinds: readonly string[]): string[] {
    const next = Object.keys(outputs).filter((name) => ENTRIES.includes(outputs[name]?.entryPoint ?? ''));
    expect(next).toHaveLength(ENTRIES.length);
    const seen = new Set<string>();
    for (let name = next.pop(); name !== undefined; name = next.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      for (const { path, kind } of outputs[name]?.imports ?? []) if (kinds.includes(kind)) next.push(path);
    }
    return [...seen].flatMap((name) => Object.keys(outputs[name]?.inputs ?? {}));
  }

  const isTelemetry = (file: string) =>
    /@opentelemetry\/(?!api\/)|monitor-opentelemetry|telemetry\/(open-telemetry|exporters|call-spans)/.test(file);

  it(proves('telemetry.silent', 'loads no SDK and no exporter with the first call, and has both for later'), () => {
    expect(inputsFrom(['import-statement']).filter(isTelemetry)).toEqual([]);
    const later = inputsFrom(['import-statement', 'dynamic-import']).filter(isTelemetry).join('\n');
    for (const part of ['open-telemetry.ts', '@opentelemetry/sdk-trace/', 'otlp', 'monitor-opentelemetry-exporter']) {
      expect(later).toContain(part);
    }
  });
});
