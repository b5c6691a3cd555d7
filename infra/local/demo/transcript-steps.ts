/** What is left of the story: records, and that nobody changed them. */
import { sallyport } from './command.ts';
import type { Scene, Step } from './step.ts';

export function transcriptSteps(scene: Scene): Step[] {
  return [
    {
      told: 'Every call and every decision stands in the transcript, and the transcript verifies.',
      async play() {
        const { code, output } = await sallyport(scene, 'verify');
        return { isAsTold: code === 0, shown: output };
      },
    },
  ];
}
