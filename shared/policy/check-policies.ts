/**
 * Everything that is checked of policies before any of them runs, all mistakes at once: Cedar's own strict validation
 * against the generated schema, and what Cedar does not know: approvals, arguments it can't type, ids that match no one.
 */
import type { ConfigProblem, PolicySource } from '../config/config.ts';
import { suggest } from '../config/nearest.ts';
import { collectQuorums, findApprovalProblem } from './approval-polarity.ts';
import type { RecordType } from './argument-type.ts';
import type { Cedar } from './cedar.ts';
import { type Expression, mentionsContext, partsOf } from './expression.ts';
import { findJustificationProblem } from './justification-polarity.ts';
import { collectMentions, type Mentions, mentionsOf } from './mentions.ts';
import {
  APPROVE_ACTION,
  CONTENT_ACTIONS,
  DUTIES,
  ITEM_KINDS,
  itemId,
  REVEAL_ACTION,
  RISK_LABELS,
  USE_ACTION,
} from './names.ts';
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
    ...findCrowdedTools(input),
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
  const polarity = [findApprovalProblem(policy), findJustificationProblem(policy)];
  return [
    ...polarity.filter((problem) => problem !== undefined),
    ...findScopeProblems(policy, mentions),
    ...findRequesterProblems(policy),
    ...findNameProblems(policy, tools, servers),
    ...findArgumentProblems(policy, mentionsOf(mentions, 'args'), tools),
  ];
}

/** Elsewhere it would never be there, in silence: a tool that is seen only with a justification is seen by nobody. */
function findScopeProblems({ actions }: Policy, mentions: Mentions): readonly string[] {
  if (!mentions.inside.has('justification')) return [];
  if (actions !== undefined && !actions.some((action) => NO_CALLS.includes(action))) return [];
  return ['only calls have a justification: name them, by the tool, by Action::"call" or by a risk label'];
}

const NO_CALLS: readonly string[] = [
  USE_ACTION,
  ...Object.keys(CONTENT_ACTIONS),
  REVEAL_ACTION,
  APPROVE_ACTION,
  ...DUTIES,
];

/** When somebody approves, the requester's groups are not asked for: such a test would be false, and a forbid a hole. */
function findRequesterProblems({ conditions }: Policy): readonly string[] {
  const asksGroups = (expression: Expression): boolean =>
    (expression.kind === 'in' && REQUESTER.some((name) => mentionsContext(expression.of, name))) ||
    partsOf(expression).some(asksGroups);
  if (!conditions.some(({ body }) => asksGroups(body))) return [];
  return ['the requester’s groups are not known when somebody approves: compare the requester with ==, not "in"'];
}

const REQUESTER = ['requesterUser', 'requesterApp'];

/** Which quorums people fill together takes up to 2^n tries (`approvals/quorums.ts`). */
const MOST_QUORUMS = 10;

function findCrowdedTools({ policies, tools, source }: CheckInput): readonly ConfigProblem[] {
  return tools.flatMap((tool) => {
    const onCall = policies.filter((policy) => mayApply(policy, callTarget(tool)));
    const last = onCall.findLast((policy) => collectQuorums([policy]).size > 0);
    if (last === undefined || collectQuorums(onCall).size <= MOST_QUORUMS) return [];
    return [problemAt(source, last, `policies on ${tool.id} test for more than ${MOST_QUORUMS} quorums`)];
  });
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
