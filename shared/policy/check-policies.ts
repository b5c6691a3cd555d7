/**
 * Everything that is checked of policies before any of them runs, all mistakes at once: Cedar's own strict validation
 * against the generated schema, and what Cedar does not know: approvals, arguments it can't type, ids that match no one.
 */
import type { ConfigProblem, PolicySource } from '../config/config.ts';
import { suggest } from '../config/nearest.ts';
import { findApprovalProblem } from './approval-polarity.ts';
import type { RecordType } from './argument-type.ts';
import type { Cedar } from './cedar.ts';
import { collectMentions, type Mentions, mentionsOf } from './mentions.ts';
import { ITEM_KINDS, itemId, RISK_LABELS } from './names.ts';
import { entitiesOf, type Policy } from './policy.ts';
import { explainError, problemAt } from './problem.ts';
import type { PolicySchema } from './schema.ts';
import { callTarget, mayApply } from './scope.ts';
import type { ToolAction } from './tool-action.ts';

export interface CheckInput {
  readonly cedar: Cedar;
  readonly source: PolicySource;
  readonly policies: readonly Policy[];
  readonly tools: readonly ToolAction[];
  readonly schema: PolicySchema;
  /** Names of the configured servers. */
  readonly servers: readonly string[];
}

/** In the order of the file. A policy with a mistake of our kind is not validated by Cedar as well. */
export function checkPolicies(input: CheckInput): readonly ConfigProblem[] {
  const own = new Map(input.policies.map((policy) => [policy, findOwnProblems(policy, input)]));
  const sound = input.policies.filter((policy) => own.get(policy)?.length === 0);
  const problems = [
    ...[...own].flatMap(([policy, messages]) => messages.map((text) => problemAt(input.source, policy, text))),
    ...validate(input, sound),
  ];
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

function findOwnProblems(policy: Policy, { tools, servers }: CheckInput): readonly string[] {
  const mentions = collectMentions([policy]);
  const whole = [[], ['request'], ['args']].find((path) => mentionsOf(mentions, ...path).isWhole);
  if (whole !== undefined) {
    return [`${['context', ...whole].join('.')} can't be used as a whole: name the attributes that the policy needs`];
  }
  const approval = findApprovalProblem(policy);
  return [
    ...(approval === undefined ? [] : [approval]),
    ...findNameProblems(policy, tools, servers),
    ...findArgumentProblems(policy, mentionsOf(mentions, 'args'), tools),
  ];
}

/** Entra object ids and app ids, lower case, as tokens are read; with any other, a forbid would match no one. */
const ENTRA_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const ITEM_TYPES: readonly string[] = Object.values(ITEM_KINDS).map(({ type }) => type);

function findNameProblems(policy: Policy, tools: readonly ToolAction[], servers: readonly string[]): readonly string[] {
  const known = tools.map(({ id }) => id);
  return entitiesOf(policy).flatMap(({ type, id }) => {
    if (['User', 'App', 'Agent'].includes(type) && !ENTRA_ID.test(id)) {
      return [`${type}::"${id}" can match no one: an id is a GUID in lower case, as Entra gives it`];
    }
    if (type === 'Tool' && !known.includes(id)) {
      return [`Tool::"${id}" is not in tools.lock.json${suggest(id, known)}`];
    }
    if (ITEM_TYPES.includes(type) && !servers.some((server) => id.startsWith(itemId(server, '')))) {
      return [`${type}::"${id}" is on no server: an id is "{server}/{URI or name}"`];
    }
    return [];
  });
}

function findArgumentProblems(policy: Policy, mentions: Mentions, tools: readonly ToolAction[]): readonly string[] {
  return tools
    .filter((tool) => mayApply(policy, callTarget(tool)))
    .flatMap(({ id, type }) =>
      findInexpressible(type, mentions).map(
        ({ path, reason }) => `argument "${path}" of ${id} can't be used in policies: ${reason}`,
      ),
    );
}

interface Inexpressible {
  readonly path: string;
  readonly reason: string;
}

function findInexpressible(type: RecordType, mentions: Mentions, prefix = ''): readonly Inexpressible[] {
  const names = mentions.isWhole
    ? [...type.inexpressible.keys(), ...type.attributes.keys()]
    : [...mentions.inside.keys()];
  return names.flatMap((name) => {
    const path = `${prefix}${name}`;
    const reason = type.inexpressible.get(name);
    if (reason !== undefined) return [{ path, reason }];
    const inner = type.attributes.get(name)?.type;
    if (inner?.kind !== 'record') return [];
    const inside = mentions.isWhole ? mentions : mentionsOf(mentions, name);
    return findInexpressible(inner, inside, `${path}.`);
  });
}

function validate({ cedar, source, schema, tools }: CheckInput, policies: readonly Policy[]): readonly ConfigProblem[] {
  const byId = new Map(policies.map((policy) => [policy.id, policy]));
  const texts = Object.fromEntries(policies.map(({ id, span }) => [id, span.text]));
  const answer = cedar.validate({ schema, policies: { staticPolicies: texts } });
  if (answer.type === 'failure') return answer.errors.map((error) => explainError(source, error));

  const isWrong = new Set(answer.validationErrors.map(({ policyId }) => policyId));
  const warnings = answer.validationWarnings.filter(({ policyId }) => {
    const policy = byId.get(policyId);
    return !isWrong.has(policyId) && (policy === undefined || !waitsForLabel(policy, tools));
  });
  // A policy that can never apply is a hole if it forbids; a confusable or invisible character fools its reader.
  return [...answer.validationErrors, ...warnings].map(({ policyId, error }) => {
    const policy = byId.get(policyId);
    return explainError(source, error, policy);
  });
}

/** A policy on a risk label may stand there before the first tool has that label. */
function waitsForLabel({ actions }: Policy, tools: readonly ToolAction[]): boolean {
  if (actions === undefined) return false;
  const labels: readonly string[] = RISK_LABELS;
  return actions.every((action) => labels.includes(action) && !tools.some(({ groups }) => groups.includes(action)));
}
