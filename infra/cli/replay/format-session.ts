/**
 * Sessions as text for a terminal: a list, and one as its timeline. What came from callers and upstreams is somebody else's
 * text: what a terminal would obey, hide or reorder is written out. Colours only where `paint` has some.
 */
import type { z } from 'zod';
import type { sessionListSchema, sessionSchema } from '../../../shared/api/routes/session-schemas.ts';
import { visibleLine, visibleText } from '../pins/visible-text.ts';
import type { Paint, Tone } from './paint.ts';

export type Session = z.output<typeof sessionSchema>;
type Summary = z.output<typeof sessionListSchema>['sessions'][number];
type Item = Session['items'][number];

export function formatSessions({ sessions, next }: z.output<typeof sessionListSchema>, paint: Paint): string {
  if (sessions.length === 0)
    return next === undefined ? 'no session fits' : `nothing so far; go on with --after ${next}`;
  const lines = sessions.map((session) => formatSummary(session, paint));
  return [...lines, ...(next === undefined ? [] : [`older ones: --after ${visibleLine(next)}`])].join('\n');
}

function formatSummary(session: Summary, paint: Paint): string {
  const { id, server, last, people, agents, tools, calls, held, refused, unfinished, exposure } = session;
  const who = people.map(nameOf).join(', ') || 'nobody known';
  const through = agents.length === 0 ? '' : ` through ${agents.map(nameOf).join(', ')}`;
  const counts = [
    `${calls} ${calls === 1 ? 'call' : 'calls'}`,
    ...(held > 0 ? [`${held} held`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(unfinished > 0 ? [`${unfinished} unfinished`] : []),
  ];
  const more = [counts.join(', '), tools.map(visibleLine).join(', '), formatExposure(exposure, paint)];
  return [
    `${paint('bold', visibleLine(id))}  ${last.slice(0, 19)}Z  ${who}${through} on ${visibleLine(server)}`,
    `    ${more.filter((part) => part !== '').join(' · ')}`,
  ].join('\n');
}

export function formatSession(session: Session, paint: Paint): string {
  const { id, server, proof, items, total, leftOut } = session;
  const rest = total - items.length;
  return [
    `${paint('bold', `session ${visibleLine(id)}`)} on ${visibleLine(server)}`,
    formatProof(proof, paint),
    '',
    ...items.flatMap((item) => formatItem(item, paint)),
    ...(leftOut > 0
      ? ['', paint('warn', `${leftOut} more than a gateway reads at once: --account or --folder reads all`)]
      : []),
    ...(rest > 0 ? ['', `${rest} more: --from N, --limit N`] : []),
  ].join('\n');
}

const PROOFS: Readonly<Record<Session['proof']['state'], readonly [Tone, string]>> = {
  sealed: ['good', 'verified, and all of it sealed'],
  signed: ['warn', 'verified; some is newer than the last seal, and has its writer’s signature alone'],
  broken: ['bad', 'SOMETHING DOES NOT VERIFY: that is not shown, and what is shown may not be all'],
  unreadable: ['bad', 'part of it could not be read: what is shown may not be all'],
  empty: ['warn', 'no segment of it was found'],
};

function formatProof(proof: Session['proof'], paint: Paint): string {
  const [tone, words] = PROOFS[proof.state];
  const seal = proof.lastSeal === 0 ? 'no seal stands yet' : `last seal ${proof.lastSeal}`;
  const chain = proof.isChainSound ? '' : '; one of the last seals is none that the vault signed';
  const faults = proof.segments.flatMap(({ container, segment, fault }) => {
    if (!fault) return [];
    const where = fault.seq === undefined ? '' : ` at record ${fault.seq}`;
    return [
      `  ${paint('bad', fault.code)}${where}: ${visibleLine(`${container}/${segment}`)}: ${visibleLine(fault.detail)}`,
    ];
  });
  return [
    `proof: ${paint(tone, words)} (${proof.lines} records, ${proof.sealedLines} sealed; ${seal}${chain})`,
    ...faults,
  ].join('\n');
}

const TONES: Readonly<Record<string, Tone>> = {
  answered: 'good',
  error: 'warn',
  withheld: 'warn',
  held: 'warn',
  refused: 'bad',
  unknown: 'bad',
};

function formatItem(item: Item, paint: Paint): readonly string[] {
  const { kind, time, proof } = item;
  const mark = proof === 'sealed' ? ' ' : proof === 'signed' ? '~' : '!';
  const status = textOf(item.status);
  const head = [
    `${paint('quiet', time.slice(0, 19))} ${mark} ${paint('bold', headline(item))}`,
    ...(status === '' ? [] : [paint(TONES[status] ?? 'quiet', status)]),
    ...(Array.isArray(item.exposure) ? [formatExposure(item.exposure, paint)] : []),
  ];
  const decision = recordOf(item.decision);
  const policies = listOf(decision?.policies);
  const why = [...listOf(decision?.reasons), textOf(item.detail)].filter((text) => text !== '');
  const facts: readonly (readonly [string, string])[] = [
    [
      'decision',
      decision === undefined ? '' : [textOf(decision.verdict), ...policies.map((id) => `by ${id}`)].join(' '),
    ],
    ['because', why.join('; ')],
    ['refused', detailOf(item.refusal)],
    ['error', detailOf(item.error)],
    ['approval', kind === 'call' || kind === 'delivery' ? textOf(item.approval) : ''],
    ['why (agent)', textOf(item.justification)],
    ['reason', textOf(item.reason)],
    ['record', `${item.record.segment.split('/').at(-1)}#${item.record.seq}`],
  ];
  const shown = facts
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `      ${paint('quiet', name.padEnd(12))}${visibleLine(text)}`);
  return [
    head.filter((part) => part !== '').join('  '),
    ...shown,
    ...content('request', item.request),
    ...content('answer', item.answer),
  ];
}

function headline(item: Item): string {
  const call = recordOf(item.call);
  const name = textOf(call?.target) || textOf(call?.method);
  const by = recordOf(recordOf(item.by)?.principal);
  const who = by === undefined ? '' : ` by ${textOf(by.name) || textOf(by.id)}`;
  switch (item.kind) {
    case 'call':
      return visibleLine(name);
    case 'delivery':
      return visibleLine(`kept answer of ${name} collected`);
    case 'approval':
      return visibleLine(
        `approval ${textOf(item.event)}${item.verdict === undefined ? '' : `: ${textOf(item.verdict)}`}${who}`,
      );
    case 'view':
      return visibleLine(`${textOf(item.what)} viewed${who}`);
    case 'administration':
      return visibleLine(`${textOf(item.action)}${who}`);
    case 'turned-away':
      return visibleLine(`turned away: ${textOf(item.code)}`);
    default:
      return visibleLine(item.kind);
  }
}

function content(name: string, value: unknown): readonly string[] {
  const held = recordOf(value);
  if (held === undefined) return [];
  if (typeof held.blob === 'string') return [`      ${name}: ${visibleLine(held.blob)} (${String(held.bytes)} bytes)`];
  if (!('value' in held)) return [];
  const text = visibleText(JSON.stringify(held.value, null, 2) ?? '');
  return [`      ${name}:`, ...text.split('\n').map((line) => `      | ${line}`)];
}

function formatExposure(exposure: readonly unknown[], paint: Paint): string {
  const words = exposure.flatMap((found) => {
    const { class: name, outcome, count } = recordOf(found) ?? {};
    const tone = outcome === 'revealed' ? 'bad' : outcome === 'uninspected' ? 'warn' : 'good';
    return [paint(tone, visibleLine(`${textOf(name)} ${String(count)} ${textOf(outcome)}`))];
  });
  return words.join(', ');
}

function nameOf({ id, name }: { readonly id: string; readonly name?: string | undefined }): string {
  return visibleLine(name ?? id);
}

function detailOf(value: unknown): string {
  const { code, detail } = recordOf(value) ?? {};
  return code === undefined ? '' : `${textOf(code)}: ${textOf(detail)}`;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}
