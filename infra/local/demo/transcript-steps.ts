/** What is left of the story: records, and that nobody changed them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Scene, Step } from './step.ts';

export function transcriptSteps({ appDir, dataDir }: Scene): Step[] {
  return [
    {
      told: 'Every call and every decision stands in the transcript, and the transcript verifies.',
      async play() {
        const { code, output } = await verify(appDir, dataDir);
        return { isAsTold: code === 0, shown: output };
      },
    },
  ];
}

async function verify(appDir: string, dataDir: string): Promise<{ code: number; output: string }> {
  const args = [join(appDir, 'infra/cli/sallyport.mjs'), 'verify', '--local', '--data', dataDir];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return { code: 0, output: stdout.trim() };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? 1, output: `${stdout ?? ''}${stderr ?? ''}`.trim() };
  }
}
