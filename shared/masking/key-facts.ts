/**
 * What a key name says about the value below it, and whether the name itself holds data. Names repeat in every row, so
 * facts of clean ones are kept, a bounded number of them; a name that holds data is never kept.
 */

import type { Finder, NamedClasses } from './find-in-text.ts';
import type { Finding } from './finding.ts';
import { splitWords } from './words.ts';

export interface KeyFacts {
  readonly named: NamedClasses;
  readonly findings: readonly Finding[];
}

const MAX_NAMES = 4_096;
const MAX_NAME_LENGTH = 64;

export function createKeyReader(finder: Finder): (key: string) => KeyFacts {
  const known = new Map<string, KeyFacts>();
  return (key) => {
    const kept = known.get(key);
    if (kept !== undefined) return kept;
    // A name is cut for its words only: what it holds is looked for in all of it.
    const named = finder.namedBy(splitWords(key.slice(0, MAX_NAME_LENGTH)));
    const facts = { named, findings: finder.inText(key, 0) };
    if (facts.findings.length === 0 && key.length <= MAX_NAME_LENGTH) {
      if (known.size >= MAX_NAMES) known.clear();
      known.set(key, facts);
    }
    return facts;
  };
}
