import { expect, it } from 'vitest';
import { headerBytes } from '../../../shared/limits/header-bytes.ts';

it('counts header fields as they stand on the wire, repeated ones together', () => {
  const wire = 'accept: text/plain\r\nx-a: 1, 2\r\n';
  const headers = new Headers({ Accept: 'text/plain', 'X-A': '1' });
  headers.append('x-a', '2');
  expect(headerBytes(headers)).toBe(wire.length);
  expect(headerBytes(new Headers())).toBe(0);
});
