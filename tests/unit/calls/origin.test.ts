import { describe, expect, it } from 'vitest';
import { originProblem } from '../../../shared/calls/origin.ts';
import { proves } from '../../requirements.ts';

const deployed = { hosts: new Set(['gateway.example.com']), origins: ['https://agents.example.com'] };
const local = { hosts: new Set(['127.0.0.1']), origins: [] };

describe('Host and Origin', () => {
  it.each<[string, typeof deployed, Record<string, string>, boolean]>([
    ['no Origin', deployed, { host: 'gateway.example.com' }, true],
    ['an allowed Origin', deployed, { host: 'gateway.example.com:443', origin: 'https://agents.example.com' }, true],
    ['another Origin', deployed, { host: 'gateway.example.com', origin: 'https://evil.example.com' }, false],
    [
      'an Origin that begins alike',
      deployed,
      { host: 'gateway.example.com', origin: 'https://agents.example.com.evil.example' },
      false,
    ],
    [
      'its own Origin, not listed',
      deployed,
      { host: 'gateway.example.com', origin: 'https://gateway.example.com' },
      false,
    ],
    [
      'a local page against a deployed gateway',
      deployed,
      { host: 'gateway.example.com', origin: 'http://localhost:3000' },
      false,
    ],
    ['another Host', deployed, { host: 'evil.example.com' }, false],
    ['a loopback Host on a deployed gateway', deployed, { host: 'localhost' }, false],
    ['no Host', deployed, {}, false],
    ['a Host with a path', deployed, { host: 'gateway.example.com/x' }, false],
    ['two Hosts', deployed, { host: 'gateway.example.com, evil.example.com' }, false],
    ['any loopback name, locally', local, { host: 'localhost:7071' }, true],
    ['a local tool’s page', local, { host: '127.0.0.1:7071', origin: 'http://localhost:6274' }, true],
    ['a rebinding name', local, { host: 'evil.example.com:7071' }, false],
    ['a foreign page', local, { host: 'localhost:7071', origin: 'http://evil.example.com' }, false],
    ['an opaque page', local, { host: 'localhost:7071', origin: 'null' }, false],
  ])(proves('mcp.http', '%s'), (_name, rules, headers, isFine) => {
    expect(originProblem(new Headers(headers), rules) === undefined).toBe(isFine);
  });
});
