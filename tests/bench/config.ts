/** The sample's configuration with room for a benchmark: one person calls as fast as they can, and GET streams are on. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface BenchConfig {
  readonly configDir: string;
  remove(): Promise<void>;
}

export async function makeBenchConfig(appDir: string): Promise<BenchConfig> {
  const configDir = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
  await cp(join(appDir, 'infra/config'), configDir, { recursive: true });
  const file = join(configDir, 'gateway.yaml');
  const yaml = (await readFile(file, 'utf8')).replace('notifications: off', 'notifications: on');
  const limits =
    'limits: { answerBytes: 1000000000, principal: { callsPerMinute: 1000000, callsAtOnce: 1000, streamsAtOnce: 1000 } }';
  await writeFile(file, `${yaml.replace('openAtMost: 100', 'openAtMost: 10000')}\n${limits}\n`);
  return { configDir, remove: () => rm(configDir, { recursive: true, force: true }) };
}
