/**
 * `policies.cedar` as the checks and the evaluation see it: each policy with its id, its scope and its conditions.
 * Read from Cedar's own parse; a policy without a fit `@id`, a second one of the same id, and templates are problems.
 */
import type { ConfigProblem, PolicySource } from '../config/config.ts';
import { isArray, isObject, type Json, type JsonObject } from '../json/value.ts';
import { err, ok, type Result } from '../result.ts';
import type { Cedar } from './cedar.ts';
import { type EntityName, type Expression, partsOf, readEntity, readExpression } from './expression.ts';
import { type Span, splitPolicies } from './policy-text.ts';
import { explainError, problemAt } from './problem.ts';

export interface Policy {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  readonly reason?: string;
  readonly span: Span;
  /** Actions and action groups of its scope; undefined for all. */
  readonly actions: readonly string[] | undefined;
  readonly resource: ResourceScope;
  /** Entities that principal and resource name in its scope. */
  readonly named: readonly EntityName[];
  readonly conditions: readonly Condition[];
}

export interface ResourceScope {
  /** `resource is Tool`. */
  readonly type?: string;
  /** `resource == …` or `resource in …`. */
  readonly entity?: EntityName;
}

export interface Condition {
  readonly kind: 'when' | 'unless';
  readonly body: Expression;
}

/** An id stands in records, cards and answers. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function readPolicies(cedar: Cedar, source: PolicySource): Result<readonly Policy[], readonly ConfigProblem[]> {
  const parsed = cedar.checkParsePolicySet({ staticPolicies: source.text });
  const parts = cedar.policySetTextToParts(source.text);
  if (parsed.type === 'failure' || parts.type === 'failure') {
    const errors = parts.type === 'failure' ? parts.errors : parsed.type === 'failure' ? parsed.errors : [];
    return err(errors.map((error) => explainError(source, error)));
  }
  const spans = splitPolicies(source.text);
  if (spans.length !== parts.policies.length) {
    throw new Error(`Cedar sees ${parts.policies.length} policies in ${source.file} where ${spans.length} were found`);
  }

  const policies: Policy[] = [];
  const problems: ConfigProblem[] = [];
  const ids = new Set<string>();
  for (const span of spans) {
    const read = readPolicy(cedar, source, span);
    if (!read.ok) problems.push(...read.error);
    else if (ids.has(read.value.id)) {
      problems.push(problemAt(source, read.value, `there is another policy with @id("${read.value.id}")`));
    } else {
      ids.add(read.value.id);
      policies.push(read.value);
    }
  }
  return problems.length > 0 ? err(problems) : ok(policies);
}

/** Every entity that a policy names, in its scope (but for actions) and its conditions. */
export function entitiesOf({ named, conditions }: Policy): readonly EntityName[] {
  return [...named, ...conditions.flatMap(({ body }) => entitiesIn(body))];
}

function entitiesIn(expression: Expression): readonly EntityName[] {
  if (expression.kind === 'entity') return [expression.entity];
  return partsOf(expression).flatMap(entitiesIn);
}

function readPolicy(cedar: Cedar, source: PolicySource, span: Span): Result<Policy, readonly ConfigProblem[]> {
  const answer = cedar.policyToJson(span.text);
  if (answer.type === 'failure')
    return err(answer.errors.map((error) => explainError(source, error, { id: '', span })));
  const json: Json = JSON.parse(JSON.stringify(answer.json));
  if (!isObject(json)) throw new Error('Cedar gave a policy that is no object');

  const annotations = isObject(json.annotations) ? json.annotations : {};
  const { id, reason } = annotations;
  if (typeof id !== 'string') return err([problemAt(source, { id: '', span }, 'a policy needs an @id("…")')]);
  if (!ID.test(id)) {
    return err([problemAt(source, { id: '', span }, 'an @id is letters, digits, dots, hyphens and underscores')]);
  }

  const principal = readScope(json.principal);
  const resource = readScope(json.resource);
  return ok({
    id,
    effect: json.effect === 'permit' ? 'permit' : 'forbid',
    ...(typeof reason === 'string' && { reason }),
    span,
    actions: readActions(json.action),
    resource,
    named: [principal.entity, resource.entity].filter((entity) => entity !== undefined),
    conditions: (isArray(json.conditions) ? json.conditions : []).map(readCondition),
  });
}

function readCondition(json: Json): Condition {
  if (!isObject(json) || (json.kind !== 'when' && json.kind !== 'unless')) {
    throw new Error('Cedar gave a condition of an unknown form');
  }
  return { kind: json.kind, body: readExpression(json.body) };
}

function readActions(json: Json | undefined): readonly string[] | undefined {
  if (!isObject(json)) throw new Error('Cedar gave a scope of an unknown form');
  if (json.op === 'All') return undefined;
  const entities = isArray(json.entities) ? json.entities : [json.entity ?? null];
  return entities.map((entity) => entityOf(entity).id);
}

function readScope(json: Json | undefined): ResourceScope {
  if (!isObject(json)) throw new Error('Cedar gave a scope of an unknown form');
  const inner: JsonObject = isObject(json.in) ? json.in : json;
  return {
    ...(typeof json.entity_type === 'string' && { type: json.entity_type }),
    ...(inner.entity !== undefined && { entity: entityOf(inner.entity) }),
  };
}

function entityOf(json: Json): EntityName {
  const entity = readEntity(isObject(json) && json.__entity !== undefined ? json.__entity : json);
  if (entity === undefined) throw new Error('Cedar gave a scope of an unknown form');
  return entity;
}
