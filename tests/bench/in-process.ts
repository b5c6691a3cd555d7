/**
 * What the gateway adds to a call in process: read the message, decide, mask a 4 KiB answer, write both record lines and
 * chain them. No storage, no network, no token check.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { loadConfig } from '../../shared/config/load-config.ts';
import { parseJson } from '../../shared/json/parse.ts';
import { createMasker } from '../../shared/masking/mask.ts';
import { classifyMessage } from '../../shared/mcp/headers.ts';
import { readClientMessage, readServerMessage, toJson } from '../../shared/mcp/message.ts';
import { createPolicyEngine } from '../../shared/policy/create-engine.ts';
import type { Asker } from '../../shared/policy/engine.ts';

export interface InProcessFigures {
  readonly answerBytes: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const ROUNDS = 3_000;

export async function measureInProcess(appDir: string): Promise<InProcessFigures> {
  const config = await loadConfig({ folder: join(appDir, 'infra/config'), variables: () => 'http://127.0.0.1:1/mcp' });
  if (!config.ok) throw new Error('the sample configuration does not load');
  const engine = createPolicyEngine(config.value);
  if (!engine.ok) throw new Error('the sample policies do not load');
  const masker = createMasker(config.value.masking);
  const asker: Asker = {
    principal: { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b1', guest: false },
    agent: { id: '5a11e000-0000-4000-8000-0000000000c1' },
    groups: ['support'],
    request: { timeMs: Date.now(), address: '192.0.2.1', era: 'modern' },
  };
  const request = Buffer.from(
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_customers","arguments":{"query":"a"}}}',
  );
  const customers = Array.from({ length: 10 }, (_, index) => ({
    id: `C-${1_001 + index}`,
    name: `Ada Abbott ${index}`,
    email: `ada${index}@example.com`,
    phone: '+1 415-555-0134',
    ssn: '899-01-1234',
    card: '4111 1111 1111 1111',
    city: 'Portland',
  }));
  const structuredContent = { customers };
  const result = { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
  const answer = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
  const headers = new Headers();
  let previous = '';

  const once = (): void => {
    const message = readClientMessage(request, 64);
    if (!message.ok || message.value.kind !== 'request') throw new Error('not a request');
    classifyMessage(message.value, headers);
    const args = parseJson('{"query":"a"}');
    const decided = engine.value.decideCall(asker, {
      server: 'crm',
      tool: 'search_customers',
      arguments: args.ok && typeof args.value === 'object' ? (args.value as never) : {},
    });
    previous = chained(previous, { decided, request: masker.maskRequest(message.value.params ?? {}) });
    const answered = readServerMessage(answer, 64);
    if (!answered.ok) throw new Error('not an answer');
    const masked = masker.maskMessage(toJson(answered.value), { server: 'crm', revealed: new Set() });
    JSON.stringify(masked.client);
    previous = chained(previous, { message: masked.record, exposure: masked.exposure });
  };

  for (let round = 0; round < ROUNDS / 5; round += 1) once();
  const timings: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedMs = performance.now();
    once();
    timings.push((performance.now() - startedMs) * 1_000);
  }
  timings.sort((left, right) => left - right);
  const at = (share: number): number => Math.round(timings[Math.floor(timings.length * share)] ?? 0);
  return { answerBytes: answer.byteLength, p50Us: at(0.5), p99Us: at(0.99) };
}

function chained(previous: string, record: unknown): string {
  return createHash('sha256').update(JSON.stringify({ record, previous })).digest('hex');
}
