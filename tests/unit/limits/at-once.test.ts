/** Places: how many calls and streams at once. */
import { describe, expect, it } from 'vitest';
import type { Limiter, Place, RequestKind } from '../../../shared/limits/limiter.ts';
import { proves } from '../../requirements.ts';
import { ALICE, createScene } from './limiter-scene.ts';

function createPlaces() {
  const { instances } = createScene({ callsPerMinute: 1_000 });
  const [limiter] = instances;
  if (!limiter) throw new Error('no instance');
  return { limiter, take: (who: string, kind: RequestKind, server = 'crm') => take(limiter, who, kind, server) };
}

function take(limiter: Limiter, who: string, kind: RequestKind, server: string): Place {
  const place = limiter.enter(who, server, kind);
  if (!place.ok) throw new Error(place.error.code);
  return place.value;
}

describe('places at once', () => {
  it(proves('limits.at-once', 'a principal past its calls at once is told 429, and gets in when one has ended'), () => {
    const { limiter, take } = createPlaces();
    const first = take(ALICE, 'call');
    take(ALICE, 'call', 'erp');
    const refused = { ok: false, error: { code: 'calls-at-once', status: 429, retryAfterSeconds: 1 } };
    expect(limiter.enter(ALICE, 'crm', 'call')).toEqual(refused);
    expect(limiter.enter('tenant user bob', 'crm', 'call').ok).toBe(true);
    first.leave();
    expect(limiter.enter(ALICE, 'crm', 'call').ok).toBe(true);
  });

  it(proves('limits.at-once', 'streams have places of their own'), () => {
    const { limiter, take } = createPlaces();
    take(ALICE, 'stream');
    const refused = { ok: false, error: { code: 'streams-at-once', status: 429, retryAfterSeconds: 10 } };
    expect(limiter.enter(ALICE, 'crm', 'stream')).toEqual(refused);
    expect(limiter.enter(ALICE, 'crm', 'call').ok).toBe(true);
  });

  it(proves('limits.at-once', 'a server that is full answers 503 to everyone, and other servers go on'), () => {
    const { limiter, take } = createPlaces();
    for (const who of ['a', 'b', 'c']) take(who, 'call');
    for (const who of ['a', 'b']) take(who, 'stream');
    expect(limiter.enter('d', 'crm', 'call')).toMatchObject({ error: { code: 'server-calls', status: 503 } });
    expect(limiter.enter('d', 'crm', 'stream')).toMatchObject({ error: { code: 'server-streams', status: 503 } });
    expect(limiter.enter('d', 'erp', 'call').ok).toBe(true);
  });

  it('gives a place back once, however often it is left', () => {
    const { limiter, take } = createPlaces();
    const place = take(ALICE, 'call');
    take(ALICE, 'call');
    place.leave();
    place.leave();
    expect(limiter.enter(ALICE, 'crm', 'call').ok).toBe(true);
    expect(limiter.enter(ALICE, 'crm', 'call').ok).toBe(false);
  });
});
