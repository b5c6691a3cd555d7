/**
 * What an agent is told must be so: nobody gets another's answer, nothing is handed over without a record of it, what is
 * said to wait stands in the store, and what is said to be withdrawn never runs.
 */
import type { HttpAnswer } from '../../../shared/mcp/http.ts';
import type { World } from './world.ts';

export function checkAnswer(world: World, requester: number, answer: HttpAnswer, withdrawn?: string): void {
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? '');
  const callId = answer.headers['sallyport-call-id'];
  for (const [, ran] of text.matchAll(/ran (call-\d+);/g)) {
    const execution = world.executions.find((each) => each.callId === ran);
    if (execution === undefined) {
      world.violate(`an answer that nobody gave: ${text}`);
      continue;
    }
    if (execution.asked?.requester !== requester) world.violate(`an answer of another was handed over: ${text}`);
    const isRecorded = world.transcript.some((entry) =>
      execution.approval === undefined
        ? entry.kind === 'outcome' && entry.callId === callId
        : entry.kind === 'delivery' && entry.call.id === callId && entry.approval === execution.approval,
    );
    if (!isRecorded) world.violate(`an answer was handed over without a record: ${text}`);
  }
  const held = /"sallyport\/approval":\{"id":"([^"]+)"/.exec(text)?.[1];
  const row = held === undefined ? undefined : world.rowOf(held);
  if (held !== undefined && row === undefined) world.violate(`${held} is told of and is not there`);
  if (held !== undefined && world.asked.get(held)?.requester !== requester) {
    world.violate(`${held} is told to another than its requester`);
  }
  if (withdrawn !== undefined && text.includes('Withdrawn: this call will not be made')) {
    world.withdrawn.add(withdrawn);
    if (row?.state !== 'cancelled') world.violate(`${withdrawn} is said to be withdrawn and is ${row?.state}`);
  }
}
