/**
 * The Adaptive Card of an approval (1.5), for a Teams channel (DESIGN §5). Text from outside stands only in text runs,
 * which read no Markdown, no HTML and no mentions (Adaptive Cards schema, TextRun): a TextBlock holds our own words alone.
 * It shows what the row holds, which is masked, and always fits into a Teams message (28 KB).
 */
import { parseJson } from '../json/parse.ts';
import type { JsonObject } from '../json/value.ts';
import type { Approval } from './approval.ts';
import { answerActions, type CardMark } from './flow/answer-actions.ts';
import { type Cut, cutToBytes, showPlain } from './plain-text.ts';
import { shortCodeOf } from './short-code.ts';

export interface CardOptions {
  /** Origin of the gateway's pages, without a trailing slash. */
  readonly publicUrl: string;
  /** Whether an answer by message counts for what it needs; otherwise the card names only the page. */
  readonly mayReply: boolean;
  /** Where the card itself can be answered. */
  readonly answer?: CardMark;
}

/** Bytes of JSON for each part; together with what is ours, under half of what Teams takes. */
const MAX_NAME_BYTES = 240;
const MAX_REASON_BYTES = 480;
const MAX_REASONS = 4;
const MAX_WORDS_BYTES = 2_400;
const MAX_ARGUMENT_BYTES = 5_000;
const MAX_ARGUMENT_LINES = 40;

const INDENT = '\u00a0\u00a0';

export function createCard(approval: Approval, { publicUrl, mayReply, answer }: CardOptions): JsonObject {
  const { requester, justification } = approval;
  const code = shortCodeOf(approval.id);
  const { principal, agent } = requester;
  const reasons = approval.reasons.length > 0 ? approval.reasons : approval.policies;
  return {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.5',
    fallbackText: 'A call waits for approval. Open it on its page.',
    body: [
      { ...ours('A call waits for approval'), size: 'Large', weight: 'Bolder', style: 'heading' },
      row('Tool', [run(name(approval.tool), { weight: 'Bolder' })]),
      row('Server', [run(name(approval.server))]),
      row('Asked for by', [run(`${nameOf(principal)} (${principal.kind} ${name(principal.id)})`)]),
      row('Through', [run(`${nameOf(agent)} (app ${name(agent.id)})`)]),
      ...reasons.slice(0, MAX_REASONS).map((reason) => row('Why it waits', [run(shorten(reason, MAX_REASON_BYTES))])),
      row('Expires', [run(formatUtc(approval.expiresMs), { weight: 'Bolder' })]),
      row('Code', [run(code, { fontType: 'Monospace', weight: 'Bolder' })]),
      container('default', [
        { ...ours('Arguments, sensitive values masked'), weight: 'Bolder' },
        ...argumentLines(approval.preview),
      ]),
      ...(justification === undefined ? [] : [agentsWords(justification)]),
      container('default', howToAnswer(code, { mayReply, isAnswerable: answer !== undefined })),
    ],
    actions: [
      ...(answer === undefined ? [] : answerActions(approval, answer)),
      {
        type: 'Action.OpenUrl',
        title: 'Open the request',
        url: `${publicUrl}/ui/approvals/${encodeURIComponent(approval.id)}`,
      },
    ],
    msteams: { width: 'Full' },
  };
}

/** `justification` is whatever an agent wrote, perhaps under somebody's influence. */
function agentsWords(justification: string): JsonObject {
  return container('warning', [
    { ...ours('The agent’s own words, verified by nobody'), weight: 'Bolder' },
    richText([run(shorten(justification, MAX_WORDS_BYTES), { italic: true })]),
  ]);
}

function howToAnswer(
  code: string,
  { mayReply, isAnswerable }: { readonly mayReply: boolean; readonly isAnswerable: boolean },
): readonly JsonObject[] {
  if (isAnswerable)
    return [ours('Approve or deny here, or on its page. Only what is pressed by who may decide it counts.')];
  if (!mayReply)
    return [ours('Approve or deny on its page. A message in this channel does not count for this request.')];
  return [
    ours('Approve or deny on its page, or mention the gateway in this channel:'),
    richText([run(`approve ${code}`, { fontType: 'Monospace' }), run(' and, if you like, why')]),
    { ...richText([run(`deny ${code}`, { fontType: 'Monospace' }), run(' and why')]), spacing: 'None' },
  ];
}

/** One block a line: clients differ in what they make of a line break within a run. */
function argumentLines(preview: string): readonly JsonObject[] {
  const parsed = parseJson(preview);
  const source = parsed.ok ? JSON.stringify(parsed.value, null, 1).split('\n') : [preview];
  const lines: JsonObject[] = [];
  let left = MAX_ARGUMENT_BYTES;
  let isWhole = parsed.ok;
  for (const line of source) {
    if (lines.length === MAX_ARGUMENT_LINES || left <= 0) {
      isWhole = false;
      break;
    }
    const { text, isCut } = showLine(line, left);
    isWhole &&= !isCut;
    left -= Buffer.byteLength(JSON.stringify(text));
    lines.push({ ...richText([run(text, { fontType: 'Monospace' })]), ...(lines.length > 0 && { spacing: 'None' }) });
  }
  return isWhole ? lines : [...lines, ours('The arguments are cut here: the page shows all of them.')];
}

/** Our own indentation survives a client that folds spaces; a run of spaces from outside is named instead. */
function showLine(line: string, maxBytes: number): Cut {
  const content = line.trimStart();
  const depth = line.length - content.length;
  return cutToBytes(INDENT.repeat(depth) + showPlain(content), maxBytes);
}

/** A TextBlock reads Markdown: only constant text goes in. */
function ours(text: string): JsonObject {
  return { type: 'TextBlock', text, wrap: true };
}

function row(label: string, runs: readonly JsonObject[]): JsonObject {
  return {
    type: 'ColumnSet',
    spacing: 'Small',
    columns: [
      { type: 'Column', width: '100px', items: [{ ...ours(label), isSubtle: true }] },
      { type: 'Column', width: 'stretch', items: [richText(runs)] },
    ],
  };
}

function container(style: 'default' | 'warning', items: readonly JsonObject[]): JsonObject {
  return { type: 'Container', style, separator: true, spacing: 'Medium', items };
}

function richText(inlines: readonly JsonObject[]): JsonObject {
  return { type: 'RichTextBlock', inlines };
}

function run(text: string, looks: JsonObject = {}): JsonObject {
  // An empty run is refused by some clients.
  return { type: 'TextRun', text: text === '' ? ' ' : text, ...looks };
}

function nameOf({ name: shown }: { readonly name?: string }): string {
  return shown === undefined ? 'without a name' : name(shown);
}

function name(text: string): string {
  return shorten(text, MAX_NAME_BYTES);
}

function shorten(source: string, maxBytes: number): string {
  // A character takes a byte at least: what comes after so many is not even looked at.
  const head = source.slice(0, maxBytes);
  const { text, isCut } = cutToBytes(showPlain(head), maxBytes);
  return isCut || head.length < source.length ? `${text} … (cut)` : text;
}

function formatUtc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
