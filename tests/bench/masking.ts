/**
 * `npm run bench:masking`: what the detectors find of a labelled corpus and what they leave, on templates they were
 * written against and on others; throughput on one core; hostile texts. `--json FILE` writes the same figures.
 * The values of both corpora come from the same generators, so a form that neither has is not measured.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DEFAULT_CLASSES } from '../../shared/config/classes.ts';
import { createMasker } from '../../shared/masking/mask.ts';
import { CLASSES, type LabelledDocument, makeCorpus, type TemplateSet } from './masking-corpus.ts';

const SIZE = 4_000;
const FRAGMENT = 6;
const HOSTILE_BYTES = 100_000;
const RUNS = 5;
const { values: flags } = parseArgs({ options: { json: { type: 'string' } } });
const masker = createMasker({ classes: DEFAULT_CLASSES });
const hidden = { server: 'bench', revealed: new Set<string>() };

const markersIn = (text: string) => [...text.matchAll(/\[masked:([a-z+-]+)\]/g)].map(([, names = '']) => names);

function maskedText(text: string): string {
  const masked = masker.maskRequest(text);
  return typeof masked === 'string' ? masked : '';
}

function hasFragment(masked: string, { text }: LabelledDocument, value: string): boolean {
  const frame = text.replaceAll(value, '');
  return Array.from({ length: Math.max(0, value.length - FRAGMENT + 1) }, (_, at) =>
    value.slice(at, at + FRAGMENT),
  ).some((fragment) => masked.includes(fragment) && !frame.includes(fragment));
}

/** A value counts as found when nothing of it is left; as rightly named when a marker of its class stands there. */
function measureFindings(set: TemplateSet, seed: number) {
  const documents = makeCorpus(seed, SIZE, set).map((document) => ({ ...document, masked: maskedText(document.text) }));
  const perClass = CLASSES.map((name) => {
    const own = documents.filter(({ values }) => values.some((each) => each.class === name));
    const left = own.filter((each) => each.values.some(({ value }) => hasFragment(each.masked, each, value)));
    const named = own.filter(({ masked }) => markersIn(masked).includes(name)).length;
    const elsewhere = documents.filter(
      ({ values, masked }) => !values.some((each) => each.class === name) && markersIn(masked).includes(name),
    ).length;
    const recall = named / own.length;
    return {
      set,
      class: name,
      values: own.length,
      recall,
      precision: named / (named + elsewhere),
      fragments: left.length,
    };
  });
  const negatives = documents.filter(({ values }) => values.length === 0);
  const falsePositives = negatives.filter(({ text, masked }) => text !== masked);
  return {
    perClass,
    negatives: { set, documents: negatives.length, falsePositives: falsePositives.length },
    examples: falsePositives.slice(0, 3).map(({ masked }) => masked),
  };
}

function bestMs(run: () => void): number {
  const times = Array.from({ length: RUNS }, () => {
    const startedMs = performance.now();
    run();
    return performance.now() - startedMs;
  });
  return Math.min(...times);
}

function measureThroughput() {
  const rows = Array.from({ length: 4_000 }, (_, index) => ({
    ...{ id: 100_000 + index, name: `Customer ${index}`, city: 'Springfield', email: `u${index}@example.com` },
    ...{ status: 'active', total: 12.5 * index, created: '2026-11-01T10:00:00.000Z' },
    ...{
      note: 'called about the delivery, will call back next week',
      ref: `5a11e000-0000-4000-8000-${100_000_000_000 + index}`,
    },
  }));
  const prose =
    'The review of the support team went well: all tickets were closed in time. More in March 2027, see section 4. ';
  const messages = {
    'JSON as values': { result: { structuredContent: { rows } } },
    'JSON as text': { result: { content: [{ type: 'text', text: JSON.stringify(rows) }] } },
    prose: { result: { content: [{ type: 'text', text: prose.repeat(9_000) }] } },
  };
  return Object.entries(messages).map(([input, message]) => {
    const megabytes = JSON.stringify(message).length / 1e6;
    const ms = bestMs(() => masker.maskMessage(message, hidden));
    return { input, megabytes, megabytesPerSecond: (megabytes / ms) * 1_000 };
  });
}

const HOSTILE = [
  ...['eyJ', 'eyJ.', '-----BEGIN PRIVATE KEY-----', 'xoxb-', 'ghp_ ', 'a8Q~', 'ACDb', '://a:', '://a:@', 'password:'],
  ...[
    'password:"',
    'sk.eyJ',
    'GB82 ',
    'a:',
    '=',
    'Bearer ',
    '4111 ',
    '4 ',
    'a@b.c',
    '@',
    '+1 ',
    '0-1',
    '(0',
    '\\u0034',
  ],
  ...['phone 12345678 ', '[masked:', '٤', 'a.'],
];

function measureHostile() {
  return HOSTILE.map((piece) => {
    const text = piece.repeat(Math.ceil(HOSTILE_BYTES / piece.length));
    return { piece, ms: bestMs(() => masker.maskRequest(text)) };
  }).sort((one, other) => other.ms - one.ms);
}

const findings = [measureFindings('tuned', 1), measureFindings('held-out', 2)];
const throughput = measureThroughput();
const hostile = measureHostile();

console.table(findings.flatMap(({ perClass }) => perClass));
console.table(findings.map(({ negatives }) => negatives));
for (const example of findings.flatMap(({ examples }) => examples)) console.log(`masked without need: ${example}`);
console.table(throughput);
console.table(hostile.slice(0, 8));
if (flags.json !== undefined)
  writeFileSync(flags.json, `${JSON.stringify({ findings, throughput, hostile }, null, 2)}\n`);
