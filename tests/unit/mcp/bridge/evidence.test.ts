import { describe, expect, it } from 'vitest';
import { mayRefuseEra, refusesLegacy, refusesModern } from '../../../../shared/mcp/bridge/evidence.ts';
import type { MessageId, RequestMessage, ResponseMessage } from '../../../../shared/mcp/message.ts';
import { proves } from '../../../requirements.ts';

const request = (method: string): RequestMessage => ({ kind: 'request', id: 7, method, params: undefined });

function refusal(id: MessageId | null, code: number, message: string, supported?: readonly string[]): ResponseMessage {
  return { kind: 'response', id, error: { code, message, ...(supported ? { data: { supported } } : {}) } };
}

describe('an answer to a modern request', () => {
  it.each([
    ['the SDK’s, before initialize', 400, -32_000, 'Bad Request: Server not initialized'],
    ['the SDK’s, without a session id', 400, -32_000, 'Bad Request: Mcp-Session-Id header is required'],
    ['the SDK’s, of the version header', 400, -32_000, 'Bad Request: Unsupported protocol version: 2026-07-28'],
    ['the SDK’s examples’', 400, -32_000, 'Bad Request: No valid session ID provided'],
    ['another SDK’s, without a session id', 400, -32_600, 'Bad Request: Missing session ID'],
    ['one of a lost session', 404, -32_001, 'Session not found'],
  ])(proves('bridge.modern-to-legacy', 'shows a legacy transport: %s'), (_whose, status, code, message) => {
    for (const id of [null, 'server-error']) {
      expect(refusesModern(request('tools/call'), status, refusal(id, code, message))).toBe(true);
    }
    expect(refusesModern(request('tools/call'), status, refusal(7, code, message))).toBe(false);
    expect(refusesModern(request('tools/call'), 200, refusal(null, code, message))).toBe(false);
  });

  it(proves('bridge.errors', 'an unknown error shows a legacy transport only where a second run does no harm'), () => {
    const unclear = refusal(null, -32_000, 'no');
    expect(refusesModern(request('tools/call'), 400, unclear)).toBe(false);
    expect(refusesModern(request('acme/pay'), 400, unclear)).toBe(false);
    for (const method of [
      'tools/list',
      'resources/templates/list',
      'resources/read',
      'prompts/get',
      'server/discover',
    ]) {
      expect(refusesModern(request(method), 400, unclear)).toBe(true);
    }
  });

  it('an unsupported version shows it only where no modern one is supported', () => {
    const answer = (supported: string[]) => refusal(7, -32_022, 'Unsupported protocol version', supported);
    expect(refusesModern(request('tools/call'), 400, answer(['2025-11-25']))).toBe(true);
    expect(refusesModern(request('tools/call'), 400, answer(['2025-11-25', '2026-07-28']))).toBe(false);
  });

  it('a result never shows it', () => {
    expect(refusesModern(request('tools/list'), 400, { kind: 'response', id: null, result: {} })).toBe(false);
  });
});

describe('an answer to a legacy request', () => {
  it(proves('bridge.legacy-to-modern', 'shows a modern-only server: -32022 that supports no earlier revision'), () => {
    const answer = (supported?: string[]) => refusal(7, -32_022, 'Unsupported protocol version', supported);
    expect(refusesLegacy(request('tools/call'), 400, answer(['2026-07-28']))).toBe(true);
    expect(refusesLegacy(request('tools/call'), 400, answer())).toBe(true);
    expect(refusesLegacy(request('tools/call'), 400, answer(['2026-07-28', '2025-06-18']))).toBe(false);
  });

  it('shows one by a handshake that is not known, or an envelope that is missed', () => {
    expect(refusesLegacy(request('initialize'), 404, refusal(7, -32_601, 'Method not found'))).toBe(true);
    expect(refusesLegacy(request('tools/list'), 404, refusal(7, -32_601, 'Method not found'))).toBe(false);
    const missed = refusal(7, -32_602, 'Invalid params: _meta lacks io.modelcontextprotocol/protocolVersion');
    expect(refusesLegacy(request('tools/call'), 400, missed)).toBe(true);
    expect(refusesLegacy(request('tools/call'), 200, missed)).toBe(false);
    expect(refusesLegacy(request('tools/call'), 400, refusal(7, -32_602, 'amount is missing'))).toBe(false);
  });
});

describe('an HTTP status without a message', () => {
  it('counts only for questions that do nothing', () => {
    expect(mayRefuseEra(request('tools/call'), 400)).toBe(false);
    expect(mayRefuseEra(request('tools/list'), 400)).toBe(true);
    expect(mayRefuseEra(request('tools/list'), 404)).toBe(false);
    expect(mayRefuseEra(request('server/discover'), 404)).toBe(true);
    expect(mayRefuseEra(request('server/discover'), 500)).toBe(false);
    expect(mayRefuseEra(request('server/discover'), undefined)).toBe(false);
  });
});
