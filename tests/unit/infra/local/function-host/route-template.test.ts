/** Route templates: what matches, what its parameters are, and which of two matches first. */
import { describe, expect, it } from 'vitest';
import {
  compareTemplates,
  matchRoute,
  parseRouteTemplate,
  RouteTemplateError,
} from '../../../../../infra/local/function-host/route-template.ts';
import { proves } from '../../../../requirements.ts';

const match = (template: string, path: string) => matchRoute(parseRouteTemplate(template), path);

describe('matching', () => {
  it.each([
    ['mcp/{server}', '/mcp/crm', { server: 'crm' }],
    ['mcp/{server}', '/MCP/Crm', { server: 'Crm' }],
    ['mcp/{server}', '/mcp/crm/', { server: 'crm' }],
    ['mcp/{server}', '/mcp', undefined],
    ['mcp/{server}', '/mcp/', undefined],
    ['mcp/{server}', '/mcp//', undefined],
    ['mcp/{server}', '/mcp/a/b', undefined],
    ['a/{b?}', '/a', {}],
    ['a/{b?}', '/a/1', { b: '1' }],
    ['a/{b=7}', '/a', { b: '7' }],
    ['{*path}', '/', {}],
    ['.well-known/x/{*path}', '/.well-known/x', {}],
    ['.well-known/x/{*path}', '/.well-known/x/mcp/crm', { path: 'mcp/crm' }],
    ['.well-known/x/{**path}', '/.well-known/xx/mcp', undefined],
    ['v{version}/x', '/v2/x', { version: '2' }],
    ['{name}.{extension}', '/a.b.c', { name: 'a', extension: 'b.c' }],
    ['{from}-{to}', '/a-', undefined],
    ['a.b', '/axb', undefined],
    ['', '/', {}],
    ['', '/x', undefined],
  ])(proves('host.routes', '%s on %s gives %o'), (template, path, expected) => {
    expect(match(template, path)).toEqual(expected);
  });

  it.each([
    ['int', ['0', '-12', '2147483647'], ['', 'x', '1.5', '2147483648']],
    ['long', ['9223372036854775807'], ['9223372036854775808']],
    ['bool', ['true', 'FALSE'], ['1']],
    ['guid', ['5a11e000-0000-4000-8000-000000000001'], ['5a11e000']],
    ['alpha', ['abcXYZ'], ['a1']],
    ['decimal', ['1.5', '-2'], ['1e3', 'x']],
    ['float', ['1e3'], ['x']],
    ['datetime', ['2026-11-22', '2026-11-22T10:00:00Z'], ['2026-22-11', 'now']],
    ['length(3)', ['abc'], ['ab', 'abcd']],
    ['length(2,3)', ['ab', 'abc'], ['a', 'abcd']],
    ['minlength(2)', ['ab'], ['a']],
    ['maxlength(2)', ['ab'], ['abc']],
    ['min(5)', ['5', '6'], ['4', 'x']],
    ['max(5)', ['5'], ['6']],
    ['range(1,9)', ['1', '9'], ['0', '10']],
    ['regex(^a\\d+$)', ['a1'], ['b1']],
    ['int:min(3)', ['3'], ['2', 'x']],
  ])('holds a parameter to %s', (constraint, accepted, refused) => {
    const template = parseRouteTemplate(`x/{id:${constraint}}`);
    for (const value of accepted) expect(matchRoute(template, `/x/${value}`)).toEqual({ id: value });
    for (const value of refused) expect(matchRoute(template, `/x/${value}`)).toBeUndefined();
  });

  it('lets an optional parameter with a constraint be absent, not wrong', () => {
    expect(match('x/{id:int?}', '/x')).toEqual({});
    expect(match('x/{id:int?}', '/x/7')).toEqual({ id: '7' });
    expect(match('x/{id:int?}', '/x/seven')).toBeUndefined();
  });

  it('decodes a value once, keeps an encoded slash, and refuses broken escapes', () => {
    expect(match('{a}', '/gr%C3%BC%C3%9Fe')).toEqual({ a: 'grüße' });
    expect(match('{a}', '/a%2Fb')).toEqual({ a: 'a%2Fb' });
    expect(match('{a}', '/a%252Fb')).toEqual({ a: 'a%2Fb' });
    expect(match('{a}', '/%E0%A4%A')).toBeUndefined();
  });

  it('has no parameter that reaches the prototype', () => {
    const values = match('{__proto__}', '/x');
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
    expect(Object.hasOwn(values ?? {}, '__proto__')).toBe(true);
  });
});

describe('order', () => {
  it(proves('host.routes', 'prefers literals, then constraints, then parameters, then the rest'), () => {
    const expected = ['a/b', 'a/{x:int}', 'a/{x}', 'a/{*x:int}', 'a/{*x}', '{x}', '{*x}'];
    const sorted = expected.toReversed().map(parseRouteTemplate).toSorted(compareTemplates);
    expect(sorted.map(({ text }) => text)).toEqual(expected);
  });
});

describe('templates that are none', () => {
  it.each(['{a', 'a}', '{}', '{a}/{A}', '{*a}/b', '{a?}/b', 'a{b?}', '{a:nope}', '{a:int(3)}', '{a:length(x)}', 'a?b'])(
    'refuses %s',
    (template) => {
      expect(() => parseRouteTemplate(template)).toThrow(RouteTemplateError);
    },
  );
});
