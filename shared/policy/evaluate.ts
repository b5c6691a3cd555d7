/**
 * One question to Cedar. Cedar *skips* a policy whose evaluation errs, and a skipped forbid is a hole: any error, and any
 * request that does not fit the schema, is an outcome of its own that nobody can take for an allow (DESIGN §4).
 */
import type { CedarValueJson, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import type { Cedar } from './cedar.ts';

export interface Question {
  readonly principal: TypeAndId;
  readonly action: string;
  readonly resource: TypeAndId;
  readonly entities: EntityJson[];
  readonly context: Record<string, CedarValueJson>;
  /** Under which names policies and schema were parsed beforehand. */
  readonly policySet: string;
  readonly schema: string;
}

export type Outcome =
  /** Ids of the policies that decided: permits of an allow, forbids of a deny; none where nothing permits. */
  | { readonly kind: 'allow' | 'deny'; readonly determining: readonly string[] }
  | { readonly kind: 'error'; readonly detail: string };

/** Never throws. The detail names policies only: Cedar's own messages quote arguments, which may hold anything. */
export function evaluate(cedar: Cedar, question: Question): Outcome {
  try {
    const answer = cedar.statefulIsAuthorized({
      principal: question.principal,
      action: { type: 'Action', id: question.action },
      resource: question.resource,
      context: question.context,
      entities: question.entities,
      preparsedPolicySetId: question.policySet,
      preparsedSchemaName: question.schema,
      validateRequest: true,
    });
    if (answer.type !== 'success') return { kind: 'error', detail: 'the request does not fit the schema' };
    const { decision, diagnostics } = answer.response;
    if (diagnostics.errors.length > 0) {
      const failed = diagnostics.errors.map(({ policyId }) => policyId).toSorted();
      return { kind: 'error', detail: `evaluation failed of ${failed.join(', ')}` };
    }
    return { kind: decision === 'allow' ? 'allow' : 'deny', determining: diagnostics.reason };
  } catch {
    return { kind: 'error', detail: 'Cedar refused the request' };
  }
}
