/**
 * The HTTP side of the host: which function a request is for (route, then method), whether its key opens it, and what
 * the function is told about the request. A path that matches with a method that does not is a 404, as on Azure.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RegisteredFunction } from './core-api.ts';
import {
  compareTemplates,
  matchRoute,
  parseRouteTemplate,
  type RouteTemplate,
  RouteTemplateError,
} from './route-template.ts';
import { HostProblem } from './settings.ts';

export type AuthLevel = 'anonymous' | 'function' | 'admin';

export interface HttpFunction {
  readonly target: RegisteredFunction;
  readonly triggerName: string;
  readonly template: RouteTemplate;
  readonly methods: ReadonlySet<string>;
  readonly authLevel: AuthLevel;
}

export interface HttpMatch {
  readonly found: HttpFunction;
  readonly params: Readonly<Record<string, string>>;
}

export interface HostKeys {
  /** Opens functions of level `function`. */
  readonly functionKey: string | undefined;
  /** Opens every function. */
  readonly masterKey: string | undefined;
}

/** Reads the trigger's settings. Throws `HostProblem` that names the function when one does not fit. */
export function readHttpFunction(
  target: RegisteredFunction,
  trigger: { readonly name: string; readonly settings: Readonly<Record<string, unknown>> },
  routePrefix: string,
): HttpFunction {
  const { name } = target.metadata;
  const { route = name, methods = ['GET', 'POST'], authLevel = 'anonymous' } = trigger.settings;
  if (typeof route !== 'string') throw new HostProblem(`Function "${name}": route must be a string`);
  if (!Array.isArray(methods) || !methods.every((method) => typeof method === 'string')) {
    throw new HostProblem(`Function "${name}": methods must be a list of strings`);
  }
  if (authLevel !== 'anonymous' && authLevel !== 'function' && authLevel !== 'admin') {
    throw new HostProblem(`Function "${name}": authLevel "${String(authLevel)}" is not one`);
  }
  if (/^\/?(admin|runtime)(\/|$)/i.test(routePrefix === '' ? route : routePrefix)) {
    throw new HostProblem(`Function "${name}": routes that begin with admin or runtime belong to the host`);
  }
  return {
    target,
    triggerName: trigger.name,
    template: readTemplate(name, routePrefix === '' ? route : `${routePrefix}/${route.replace(/^\//, '')}`),
    methods: new Set(methods.map((method) => method.toUpperCase())),
    authLevel,
  };
}

function readTemplate(name: string, text: string): RouteTemplate {
  try {
    return parseRouteTemplate(text);
  } catch (error) {
    if (error instanceof RouteTemplateError) throw new HostProblem(`Function "${name}": ${error.message}`);
    throw error;
  }
}

/** The most specific route first; the result answers one request's method and path. */
export function createMatcher(
  functions: readonly HttpFunction[],
): (method: string, path: string) => HttpMatch | undefined {
  const sorted = functions.toSorted((a, b) => compareTemplates(a.template, b.template));
  return (method, path) => {
    for (const found of sorted) {
      const params = found.methods.has(method) ? matchRoute(found.template, path) : undefined;
      if (params !== undefined) return { found, params };
    }
    return undefined;
  };
}

/** With no key configured nothing opens but `anonymous`. */
export function mayInvoke(level: AuthLevel, given: string | undefined, keys: HostKeys): boolean {
  if (level === 'anonymous') return true;
  if (given === undefined) return false;
  const accepted = level === 'admin' ? [keys.masterKey] : [keys.functionKey, keys.masterKey];
  return accepted.some((key) => key !== undefined && key !== '' && isSame(given, key));
}

/** In time that does not depend on where the two differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
