/**
 * What the detectors find of labelled documents and what they leave, by class, and whether that meets the bars. The
 * benchmark measures all documents; a test measures fewer of them against the same bars.
 */
import { DEFAULT_CLASSES } from '../../shared/config/classes.ts';
import { createMasker } from '../../shared/masking/mask.ts';
import type { LabelledDocument } from './masking-corpus.ts';

/** No more than five characters of a masked value may be left in a row. */
const FRAGMENT = 6;
const MAX_FALSE_POSITIVES = 0.005;
const MIN_RECALL: Readonly<Record<string, number>> = { card: 0.99, iban: 0.99, phone: 0.95 };

export interface ClassFigures {
  readonly class: string;
  readonly values: number;
  /** Of the values: nothing is left of them, and a marker of their class stands there. */
  readonly recall: number;
  readonly precision: number;
  /** Values of which a fragment is left. */
  readonly fragments: number;
}

export interface SetFigures {
  readonly set: string;
  readonly perClass: readonly ClassFigures[];
  readonly negatives: number;
  readonly falsePositives: number;
  /** What was missed or masked without need, as it stood and as it became. */
  readonly mistakes: readonly { readonly text: string; readonly masked: string }[];
}

export interface Bar {
  readonly bar: string;
  readonly measured: number;
  readonly isMet: boolean;
}

export const masker = createMasker({ classes: DEFAULT_CLASSES });

const markersIn = (text: string) =>
  new Set([...text.matchAll(/\[masked:([a-z+-]+)\]/g)].flatMap(([, names = '']) => names.split('+')));

function maskedText(text: string): string {
  const masked = masker.maskRequest(text);
  return typeof masked === 'string' ? masked : '';
}

/** Six characters that stand elsewhere in the document as well are no fragment. */
function hasFragment(masked: string, { text }: LabelledDocument, value: string): boolean {
  const frame = text.replaceAll(value, '');
  return Array.from({ length: Math.max(0, value.length - FRAGMENT + 1) }, (_, at) =>
    value.slice(at, at + FRAGMENT),
  ).some((fragment) => masked.includes(fragment) && !frame.includes(fragment));
}

export function measureSet(set: string, documents: readonly LabelledDocument[]): SetFigures {
  const seen = documents.map((document) => {
    const masked = maskedText(document.text);
    const isLeft = document.values.some(({ value }) => masked.includes(value) || hasFragment(masked, document, value));
    return { ...document, masked, isLeft, markers: markersIn(masked) };
  });
  const classes = [...new Set(documents.flatMap(({ values }) => values.map((each) => each.class)))].sort();
  const isOf = (name: string) => (each: LabelledDocument) => each.values.some((value) => value.class === name);
  const perClass = classes.map((name): ClassFigures => {
    const own = seen.filter(isOf(name));
    const named = own.filter(({ markers }) => markers.has(name)).length;
    const elsewhere = seen.filter((each) => !isOf(name)(each) && each.markers.has(name)).length;
    return {
      class: name,
      values: own.length,
      recall: own.filter(({ isLeft, markers }) => !isLeft && markers.has(name)).length / own.length,
      precision: named / (named + elsewhere),
      fragments: own.filter(({ isLeft }) => isLeft).length,
    };
  });
  const negatives = seen.filter(({ values }) => values.length === 0);
  const wrong = negatives.filter(({ text, masked }) => text !== masked);
  const missed = seen.filter(
    ({ values, markers, isLeft }) => isLeft || values.some((each) => !markers.has(each.class)),
  );
  return {
    set,
    perClass,
    negatives: negatives.length,
    falsePositives: wrong.length,
    mistakes: [...missed, ...wrong].map(({ text, masked }) => ({ text, masked })),
  };
}

/** Every bar of masking's quality on this set. */
export function judgeQuality({ set, perClass, negatives, falsePositives }: SetFigures): readonly Bar[] {
  const recalls = perClass.flatMap(({ class: name, recall }): readonly Bar[] => {
    const least = MIN_RECALL[name];
    return least === undefined
      ? []
      : [{ bar: `${set}: recall of ${name} ≥ ${least}`, measured: recall, isMet: recall >= least }];
  });
  const share = falsePositives / negatives;
  const bar = `${set}: false positives on hard negatives ≤ ${MAX_FALSE_POSITIVES}`;
  return [...recalls, { bar, measured: share, isMet: share <= MAX_FALSE_POSITIVES }];
}
