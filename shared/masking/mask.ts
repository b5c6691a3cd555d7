/**
 * Makes the masker for the classes that the configuration names (DESIGN §2.8). A class without a detector is refused
 * here, at start: a configuration that promises what is not looked for would be worse than none.
 * Text that is spelled out, encrypted or taken apart is not found; see the detectors and decode/ for what is.
 */

import type { Json } from '../json/value.ts';
import { cardDetector } from './detectors/card.ts';
import type { Detector } from './detectors/detector.ts';
import { emailDetector } from './detectors/email.ts';
import { ibanDetector } from './detectors/iban.ts';
import { ipDetector } from './detectors/ip.ts';
import { jwtDetector } from './detectors/jwt.ts';
import { keyDetector, passwordDetector } from './detectors/named-secret.ts';
import { phoneDetector } from './detectors/phone.ts';
import { privateKeyDetector } from './detectors/private-key.ts';
import { tokenDetector } from './detectors/token.ts';
import { toldSecretDetector } from './detectors/told-secret.ts';
import { urlUserDetector } from './detectors/url-user.ts';
import { usSsnDetector } from './detectors/us-ssn.ts';
import { createTally } from './exposure.ts';
import { createFinder } from './find-in-text.ts';
import { createKeyReader } from './key-facts.ts';
import type { Masked, Masker, MaskingContext } from './masker.ts';
import { createPacer } from './pace.ts';
import { MESSAGE, REQUEST } from './places/message.ts';
import { DATA, type Place } from './places/place.ts';
import { BINARY_CLASS, walkMessage } from './walk.ts';

/** Most specific first: where two find the same place, the earlier names it. */
const DETECTORS: readonly Detector[] = [
  ...[privateKeyDetector, jwtDetector, tokenDetector, urlUserDetector, passwordDetector, keyDetector],
  toldSecretDetector,
  ...[ibanDetector, cardDetector, usSsnDetector, emailDetector, phoneDetector, ipDetector],
];

/** Nothing is revealed in a record. */
const NEVER = (): boolean => false;

export interface MaskerOptions {
  readonly classes: readonly string[];
  /** Milliseconds of a clock that only goes forward; left out, there is no deadline. */
  readonly monotonicMs?: () => number;
  /** How long one message may take. */
  readonly deadlineMs?: number;
}

/** Throws a `TypeError` that names every class without a detector. */
export function createMasker({ classes, monotonicMs, deadlineMs = Infinity }: MaskerOptions): Masker {
  const unknown = classes.filter((name) => !DETECTORS.some((detector) => detector.class === name));
  if (unknown.length > 0) throw new TypeError(`no detector for the masking classes: ${unknown.join(', ')}`);
  const finder = createFinder(DETECTORS.filter((detector) => classes.includes(detector.class)));
  const factsOf = createKeyReader(finder);
  const startPace = createPacer(monotonicMs, deadlineMs);

  function mask(value: Json, place: Place, { revealed, uninspected }: MaskingContext): Masked {
    const tally = createTally();
    const mayShow = (name: string) => (name === BINARY_CLASS ? uninspected === 'allow' : revealed.has(name));
    const forms = walkMessage(value, place, { finder, factsOf, tally, mayShow, pace: startPace() });
    return { ...forms, exposure: tally.list() };
  }

  return {
    maskMessage: (message, context) => mask(message, MESSAGE, context),
    maskArguments: (value, context) => mask(value, DATA, context),
    maskRequest: (value) => {
      const walk = { finder, factsOf, tally: createTally(), mayShow: NEVER, pace: startPace() };
      return walkMessage(value, REQUEST, walk).record;
    },
  };
}
