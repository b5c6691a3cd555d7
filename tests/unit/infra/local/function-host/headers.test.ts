/** Header lists of the local function host: repeated headers stay, those of one connection go. */
import { describe, expect, it } from 'vitest';
import {
  dropHopByHop,
  joinHeaders,
  setHeaders,
  toHeaderList,
} from '../../../../../infra/local/function-host/headers.ts';

const list = toHeaderList([
  'Host',
  'h',
  'X-A',
  '1',
  'x-a',
  '2',
  'Connection',
  'close, X-Hop',
  'X-Hop',
  'z',
  'TE',
  'trailers',
]);

describe('header lists', () => {
  it('joins a repeated header by a comma under its lower-case name', () => {
    expect(joinHeaders(list)['x-a']).toBe('1,2');
  });

  it('drops hop-by-hop headers and those that Connection names', () => {
    expect(dropHopByHop(list)).toEqual([
      ['Host', 'h'],
      ['X-A', '1'],
      ['x-a', '2'],
    ]);
  });

  it('keeps what frames the request, even where Connection names it', () => {
    const tricked = toHeaderList([
      'Host',
      'h',
      'Content-Length',
      '4',
      'Connection',
      'host, content-length, x-a',
      'X-A',
      '1',
    ]);
    expect(dropHopByHop(tricked)).toEqual([
      ['Host', 'h'],
      ['Content-Length', '4'],
    ]);
  });

  it('replaces every header of a name, whatever its case', () => {
    const replaced = setHeaders(list, { 'x-a': 'mine' });
    expect(replaced.filter(([name]) => name.toLowerCase() === 'x-a')).toEqual([['x-a', 'mine']]);
  });
});
