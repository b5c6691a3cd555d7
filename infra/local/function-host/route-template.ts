/**
 * Route templates as the Functions host takes them (ASP.NET Core routing): `{a}`, `{a?}`, `{a=default}`, `{*rest}`,
 * `{**rest}`, inline constraints, several parts in a segment. Pure; it parses and matches, and knows no server.
 * Literals match without regard to case, an empty segment matches nothing, and one trailing slash is ignored.
 */
import { type Constraint, findConstraint } from './route-constraint.ts';

export class RouteTemplateError extends Error {}

interface Parameter {
  readonly name: string;
  readonly isOptional: boolean;
  readonly isCatchAll: boolean;
  readonly fallback: string | undefined;
  readonly constraints: readonly Constraint[];
}

interface Segment {
  readonly pattern: RegExp;
  /** In the order of the pattern's groups. */
  readonly parameters: readonly Parameter[];
}

export interface RouteTemplate {
  readonly text: string;
  readonly segments: readonly Segment[];
  /** One digit a segment, smaller is more specific: literal, constrained, plain, constrained and plain catch-all. */
  readonly precedence: readonly number[];
}

/** Throws `RouteTemplateError` when the template is not one. */
export function parseRouteTemplate(text: string): RouteTemplate {
  const trimmed = text.replace(/^\/|\/$/g, '');
  const parts = trimmed === '' ? [] : splitSegments(trimmed);
  const segments = parts.map((part) => parseSegment(part, text));
  const parameters = segments.flatMap((segment) => segment.parameters);
  const names = parameters.map((parameter) => parameter.name.toLowerCase());
  if (new Set(names).size < names.length) throw new RouteTemplateError(`route "${text}" names a parameter twice`);
  segments.slice(0, -1).forEach((segment, index) => {
    if (segment.parameters.some((parameter) => parameter.isCatchAll)) {
      throw new RouteTemplateError(`route "${text}": a catch-all parameter must come last`);
    }
    const hasOptional = segment.parameters.some((parameter) => parameter.isOptional);
    const isFollowedByRequired = segments
      .slice(index + 1)
      .some((later) => !later.parameters.some((parameter) => parameter.isOptional || parameter.isCatchAll));
    if (hasOptional && isFollowedByRequired) {
      throw new RouteTemplateError(`route "${text}": an optional parameter must come last`);
    }
  });
  return { text, segments, precedence: parts.map((part, index) => rank(part, segments[index]?.parameters ?? [])) };
}

/**
 * The route's parameters for a path (percent-encoded, no query), or undefined when it does not match. Values are
 * percent-decoded, but for an encoded slash, which stays encoded. An optional parameter that is absent has no entry.
 */
export function matchRoute(template: RouteTemplate, path: string): Readonly<Record<string, string>> | undefined {
  const trimmed = path.replace(/^\//, '').replace(/\/$/, '');
  const parts = trimmed === '' ? [] : trimmed.split('/');
  const values = new Map<string, string>();
  for (const [index, segment] of template.segments.entries()) {
    const [first] = segment.parameters;
    const given = first?.isCatchAll ? parts.slice(index).join('/') : parts[index];
    const isAbsent = given === undefined || given === '';
    if (first !== undefined && isAbsent && parts.length <= index && mayBeAbsent(first)) {
      if (first.fallback !== undefined) values.set(first.name, first.fallback);
      continue;
    }
    if (isAbsent || !readSegment(segment, given, values)) return undefined;
  }
  const last = template.segments.at(-1);
  const isOpenEnded = last?.parameters[0]?.isCatchAll === true;
  if (!isOpenEnded && parts.length > template.segments.length) return undefined;
  return Object.fromEntries(values);
}

/** Sorts the more specific template first; templates of equal rank keep their order. */
export function compareTemplates(a: RouteTemplate, b: RouteTemplate): number {
  const length = Math.max(a.precedence.length, b.precedence.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (a.precedence[index] ?? 0) - (b.precedence[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function mayBeAbsent(parameter: Parameter): boolean {
  return parameter.isOptional || parameter.isCatchAll || parameter.fallback !== undefined;
}

function readSegment(segment: Segment, given: string, values: Map<string, string>): boolean {
  const text = decodePath(given);
  const match = text === undefined ? null : segment.pattern.exec(text);
  if (match === null) return false;
  for (const [index, parameter] of segment.parameters.entries()) {
    const value = match[index + 1] ?? '';
    if (!parameter.constraints.every((accepts) => accepts(value))) return false;
    values.set(parameter.name, value);
  }
  return true;
}

/** `undefined` when the escapes are not UTF-8. */
function decodePath(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replace(/%2f/gi, (slash) => `%25${slash.slice(1)}`));
  } catch {
    return undefined;
  }
}

/** Splits at slashes outside braces: a `regex(…)` constraint may hold one. */
function splitSegments(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (character === '/' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

const PARAMETER = /\{((?:[^{}]|\{\{|\}\})+)\}/g;

function parseSegment(part: string, route: string): Segment {
  const parameters: Parameter[] = [];
  let pattern = '';
  let end = 0;
  for (const match of part.matchAll(PARAMETER)) {
    pattern += literal(part.slice(end, match.index), route);
    end = match.index + match[0].length;
    const parameter = parseParameter(match[1] ?? '', route);
    parameters.push(parameter);
    pattern += parameter.isCatchAll ? '(.*)' : '(.+?)';
  }
  pattern += literal(part.slice(end), route);
  const isWhole = parameters.length === 1 && PARAMETER.test(part) && end === part.length && part.startsWith('{');
  PARAMETER.lastIndex = 0;
  if (!isWhole && parameters.some(mayBeAbsent)) {
    throw new RouteTemplateError(`route "${route}": "${part}" mixes text with an optional or catch-all parameter`);
  }
  return { pattern: new RegExp(`^${pattern}$`, 'isu'), parameters };
}

function literal(text: string, route: string): string {
  if (/[{}?]/.test(text)) throw new RouteTemplateError(`route "${route}" has an unbalanced brace or a question mark`);
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function parseParameter(text: string, route: string): Parameter {
  const match = /^(\*{0,2})([A-Za-z_][\w-]*)((?::[^:(=?]+(?:\((?:.*?)\))?)*)(?:(\?)|=(.*))?$/.exec(text);
  if (match === null) throw new RouteTemplateError(`route "${route}": "{${text}}" is not a parameter`);
  const [, stars = '', name = '', constraints = '', optional, fallback] = match;
  return {
    name,
    isOptional: optional !== undefined,
    isCatchAll: stars !== '',
    fallback,
    constraints: Array.from(constraints.matchAll(/:([^:(]+)(?:\((.*?)\)(?=:|$))?/g), ([whole, kind = '', argument]) => {
      const constraint = findConstraint(kind, argument);
      if (constraint === undefined) throw new RouteTemplateError(`route "${route}": constraint "${whole}" is unknown`);
      return constraint;
    }),
  };
}

function rank(part: string, parameters: readonly Parameter[]): number {
  const [first] = parameters;
  if (first === undefined) return 1;
  const isConstrained = first.constraints.length > 0;
  if (first.isCatchAll) return isConstrained ? 4 : 5;
  return isConstrained || !part.startsWith('{') || parameters.length > 1 || !part.endsWith('}') ? 2 : 3;
}
