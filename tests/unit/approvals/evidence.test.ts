/** What ties a decision to what was decided (DESIGN §5): whoever changes anything of either, without the keyring, is found. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Approval, DecisionRow } from '../../../shared/approvals/approval.ts';
import { decisionMac, evidenceOf, hasItsEvidence, hasItsMac } from '../../../shared/approvals/evidence.ts';
import type { Keyring } from '../../../shared/keys/keyring.ts';
import { proves } from '../../requirements.ts';
import { makeApproval, makeDecision } from './approval-fixture.ts';
import { createScene } from './scene.ts';

let keyrings: readonly Keyring[];
beforeAll(async () => {
  keyrings = (await createScene()).keyrings;
});

function keyringOf(version: number): Keyring {
  const keyring = keyrings[version - 1];
  if (keyring === undefined) throw new Error('no such keyring');
  return keyring;
}

function genuineApproval(version = 1): Approval {
  const approval = makeApproval({ justification: 'They asked.', quorums: ['finance', 'audit'], reasons: ['a', 'b'] });
  return { ...approval, evidence: evidenceOf(keyringOf(version), approval) };
}

function genuineDecision(version = 1): DecisionRow {
  const decision = makeDecision(genuineApproval(version));
  return { ...decision, mac: decisionMac(keyringOf(version), decision) };
}

type Path = readonly (string | number)[];

/** The way to every leaf of a value, and to every list. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, each]) => pathsOf(each, [...path, key]));
  return Array.isArray(value) ? [...inner, path] : inner;
}

/** The same with one leaf changed, or one more entry in a list. */
function changedAt<T>(value: T, path: Path): T {
  const copy = structuredClone(value);
  let holder: Record<string, unknown> = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string, unknown>;
  const last = String(path.at(-1));
  const leaf = holder[last];
  if (Array.isArray(leaf)) holder[last] = [...leaf, 'more'];
  else if (typeof leaf === 'string') holder[last] = `${leaf}!`;
  else if (typeof leaf === 'number') holder[last] = leaf + 1;
  else holder[last] = !leaf;
  return copy;
}

/** They change in a request's life: who may write the table may hold it up, and never makes it run for that. */
const CHANGING = ['state', 'attempt', 'request.blob', 'request.key'];

describe('the evidence of a row', () => {
  it(proves('approval.mac', 'holds for the row as it was made, in whatever state'), () => {
    const approval = genuineApproval();
    const claim = { number: 1, leaseUntilMs: 5 };
    for (const same of [approval, { ...approval, state: 'sent', attempt: 'x', claim, noticedMs: 1 } as const]) {
      expect(hasItsEvidence(keyringOf(1), same)).toBe(true);
    }
  });

  it(proves('approval.mac', 'is refused when any member of the row was changed, and at every depth'), () => {
    const approval = genuineApproval();
    const names = pathsOf(approval);
    const unseen = names.filter((path) => hasItsEvidence(keyringOf(1), changedAt(approval, path)));
    expect(unseen.map((path) => path.join('.')).toSorted()).toEqual(CHANGING.toSorted());
    expect(names.length).toBeGreaterThan(30);
  });

  it('is refused when a justification or a name was taken away', () => {
    const approval = genuineApproval();
    const { justification: _, ...silent } = approval;
    expect(hasItsEvidence(keyringOf(1), silent)).toBe(false);
    const { name: __, ...nameless } = approval.requester.principal;
    const requester = { ...approval.requester, principal: nameless };
    expect(hasItsEvidence(keyringOf(1), { ...approval, requester })).toBe(false);
  });

  it(proves('approval.rotation', 'holds under a newer keyring, and not under an older one'), () => {
    expect(hasItsEvidence(keyringOf(3), genuineApproval(1))).toBe(true);
    expect(hasItsEvidence(keyringOf(1), genuineApproval(2))).toBe(false);
  });
});

describe('the MAC of a decision', () => {
  it(proves('approval.mac', 'is refused when any member of the decision was changed'), () => {
    const decision = genuineDecision();
    expect(hasItsMac(keyringOf(1), decision)).toBe(true);
    const unseen = pathsOf(decision).filter((path) => hasItsMac(keyringOf(1), changedAt(decision, path)));
    expect(unseen).toEqual([]);
  });

  it('is none of another purpose', () => {
    const decision = genuineDecision();
    for (const purpose of ['evidence', 'fingerprint', 'session-id'] as const) {
      const mac = keyringOf(1).name(purpose, JSON.stringify(Object.values(decision)));
      expect(hasItsMac(keyringOf(1), { ...decision, mac })).toBe(false);
    }
  });

  it(proves('approval.rotation', 'holds under a newer keyring, and not under an older one'), () => {
    expect(hasItsMac(keyringOf(3), genuineDecision(1))).toBe(true);
    expect(hasItsMac(keyringOf(1), genuineDecision(2))).toBe(false);
  });
});
