/** Runs `sallyport` as its reader would, and takes what it prints. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Scene } from './step.ts';

export interface Printed {
  readonly code: number;
  readonly output: string;
}

export async function sallyport({ appDir, dataDir }: Scene, ...args: readonly string[]): Promise<Printed> {
  const flags = [join(appDir, 'infra/cli/sallyport.mjs'), ...args, '--local', '--data', dataDir];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, flags);
    return { code: 0, output: stdout.trim() };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? 1, output: `${stdout ?? ''}${stderr ?? ''}`.trim() };
  }
}
