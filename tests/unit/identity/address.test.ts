/** The caller's address is what the last trusted proxy wrote. */
import { expect, it } from 'vitest';
import { findCallerAddress } from '../../../shared/identity/address.ts';

it.each([
  ['192.0.2.1', 1, '192.0.2.1'],
  ['192.0.2.1:50000', 1, '192.0.2.1'],
  ['2001:db8::1', 1, '2001:db8::1'],
  ['[2001:db8::1]', 1, '2001:db8::1'],
  ['[2001:DB8:0:0:0:0:0:1]:443', 1, '2001:db8::1'],
  ['[::ffff:192.0.2.1]:443', 1, '192.0.2.1'],
  ['::ffff:c000:201', 1, '192.0.2.1'],
  ['203.0.113.9, 192.0.2.1:50000', 1, '192.0.2.1'],
  ['203.0.113.9, 192.0.2.1, 10.0.0.1', 2, '192.0.2.1'],
  ['spoofed, 192.0.2.1', 1, '192.0.2.1'],
  ['192.0.2.1,', 1, 'unknown'],
  ['192.0.2.1', 2, 'unknown'],
  ['192.0.2.1', 0, 'unknown'],
  [null, 1, 'unknown'],
  ['', 1, 'unknown'],
  ['unknown', 1, 'unknown'],
  ['_hidden', 1, 'unknown'],
  ['localhost', 1, 'unknown'],
  ['fe80::1%eth0', 1, 'unknown'],
  ['192.0.2.256', 1, 'unknown'],
  ['192.0.2.1:port', 1, 'unknown'],
  ['[192.0.2.1', 1, 'unknown'],
  ['[]:1', 1, 'unknown'],
  ['192.0.2.1 10.0.0.1', 1, 'unknown'],
])('reads %j with %i trusted hops as %s', (forwardedFor, trustedHops, expected) => {
  expect(findCallerAddress(forwardedFor, trustedHops)).toBe(expected);
});
