/** Replies over an inbox that a test looks into, with signed messages as Teams sends them, on a clock that a test turns. */
import { createHmac } from 'node:crypto';
import { findUser, sampleDirectory } from '../../../../infra/local/entra/directory.ts';
import { createActivity } from '../../../../infra/local/teams/activity.ts';
import type { DecisionInput, DecisionResult, Person } from '../../../../shared/approvals/inbox.ts';
import { createReplies, type RepliesOptions, type ReplyDetail } from '../../../../shared/approvals/replies/replies.ts';
import { createKeptSecret } from '../../../../shared/credentials/kept-secret.ts';
import { ok } from '../../../../shared/result.ts';
import { createTestClock, type TestClock } from '../../transcripts/test-clock.ts';

export const NOON_MS = Date.UTC(2026, 10, 22, 12);
export const SECRET = Buffer.alloc(32, 7).toString('base64');
export const APPROVAL = 'k1-00000000000000000000000000000001-1-a0a0a0a0a0a0';

export interface Sent {
  readonly as?: string;
  readonly text?: string;
  readonly activity?: Readonly<Record<string, unknown>>;
  readonly secret?: string;
  /** In place of the right one; `null`: none. */
  readonly authorization?: string | null;
  /** In place of the activity. */
  readonly body?: string;
  readonly method?: string;
  readonly kind?: string;
}

export interface Answered {
  readonly status: number;
  readonly text: string | undefined;
}

export interface ReplyScene {
  readonly clock: TestClock;
  readonly decided: { readonly person: Person; readonly input: DecisionInput }[];
  readonly refusals: { readonly code: string; readonly detail: ReplyDetail }[];
  readonly logged: string[];
  /** What the vault holds; undefined: it is down. */
  vault: string | undefined;
  vaultReads: number;
  result: DecisionResult;
  found: readonly string[];
  send(sent?: Sent): Promise<Answered>;
}

export function createReplyScene(more: Partial<RepliesOptions> = {}): ReplyScene {
  const clock = createTestClock(NOON_MS);
  const marks = new Set<string>();
  let ids = 0;

  const scene: ReplyScene = {
    clock,
    decided: [],
    refusals: [],
    logged: [],
    vault: SECRET,
    vaultReads: 0,
    result: { kind: 'taken', verdict: 'approve', isRepeat: false },
    found: [APPROVAL],
    async send(sent = {}) {
      const { as = 'bob', text = 'approve K7Q2XY because', activity = {}, method = 'POST', kind = 'reply' } = sent;
      const sender = findUser(sampleDirectory, as);
      if (!sender) throw new Error('a test’s own mistake');
      ids += 1;
      const usual = createActivity({
        directory: sampleDirectory,
        sender,
        text,
        idMs: clock.nowMs() + ids,
        overrides: activity,
      });
      const body = sent.body ?? JSON.stringify(usual);
      const authorization = sent.authorization === undefined ? sign(body, sent.secret) : sent.authorization;
      const answer = await clock.until(
        replies.answer({
          method,
          url: 'https://gateway.example/teams/reply',
          headers: new Headers(authorization === null ? {} : { authorization }),
          params: { kind },
          body: method === 'POST' ? new Blob([body]).stream() : null,
          signal: new AbortController().signal,
        }),
      );
      return { status: answer.status, text: readText(answer.body) };
    },
  };

  const replies = createReplies({
    inbox: {
      findByCode: async () => scene.found,
      async decide(person, input) {
        scene.decided.push({ person, input });
        return scene.result;
      },
    },
    secret: createKeptSecret({
      name: 'teams-reply-secret',
      nowMs: clock.nowMs,
      source: {
        async read() {
          scene.vaultReads += 1;
          if (scene.vault === undefined) throw new Error('the vault is down');
          return { value: scene.vault, version: `of ${scene.vault}` };
        },
      },
    }),
    tenantId: sampleDirectory.tenantId,
    agent: { id: '5a11e000-0000-4000-8000-0000000000c0', name: 'Sallyport' },
    memberships: { groupsOf: async ({ id }) => ok(id.endsWith('b2') ? ['finance'] : []) },
    guests: { isGuest: async () => ok(false) },
    marks: {
      async claim(id) {
        if (marks.has(id)) return false;
        marks.add(id);
        return true;
      },
    },
    refused: async (code, detail) => {
      scene.refusals.push({ code, detail });
    },
    addressOf: () => '192.0.2.1',
    publicUrl: 'https://gateway.example',
    clock,
    log: (_level, event) => scene.logged.push(event),
    ...more,
  });
  return scene;
}

export function sign(body: string, secret: string = SECRET): string {
  return `HMAC ${createHmac('sha256', Buffer.from(secret, 'base64')).update(body).digest('base64')}`;
}

function readText(body: unknown): string | undefined {
  if (typeof body !== 'string') return undefined;
  const message: unknown = JSON.parse(body);
  const isMessage = typeof message === 'object' && message !== null && 'text' in message && 'type' in message;
  return isMessage && message.type === 'message' ? String(message.text) : undefined;
}
