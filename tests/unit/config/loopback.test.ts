/** Plain http goes to this machine only, however its address is spelled. */
import { expect, it } from 'vitest';
import { findUrlMistake } from '../../../shared/config/loopback.ts';

it.each([
  'https://crm.example.com/mcp',
  'http://127.0.0.1:9000/mcp',
  'http://127.8.9.1/',
  'http://localhost:9000',
  'http://[::1]:9000/',
  'http://0x7f.1/',
  'http://2130706433/',
  'https://crm.example.com/mcp?tools=a',
])('lets %s through', (text) => {
  expect(findUrlMistake(text)).toBeUndefined();
});

it.each([
  ['http://crm.example.com', 'scheme'],
  ['http://127.0.0.1.example.com', 'scheme'],
  ['http://localhost.example.com', 'scheme'],
  ['http://169.254.169.254/metadata', 'scheme'],
  ['http://0.0.0.0/', 'scheme'],
  ['http://[::]/', 'scheme'],
  ['ftp://127.0.0.1/', 'scheme'],
  ['javascript:alert(1)', 'scheme'],
  ['http://127.0.0.1@evil.example.com/', 'scheme'],
  ['https://user@crm.example.com', 'userinfo'],
  ['https://:password@crm.example.com', 'userinfo'],
  ['https://crm.example.com/#', 'fragment'],
  ['crm.example.com', 'not-a-url'],
  ['/mcp', 'not-a-url'],
  ['', 'not-a-url'],
])('refuses %s: %s', (text, mistake) => {
  expect(findUrlMistake(text)).toBe(mistake);
});
