/**
 * Makes the masker for the classes that the configuration names (DESIGN §2.8). A class without a detector is refused
 * here, at start: a configuration that promises what is not looked for would be worse than none.
 * Text that is spelled out, encrypted or taken apart is not found; see the detectors and decode/ for what is.
 */
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
import type { Masker } from './masker.ts';
import { walkMessage } from './walk.ts';

/** Most specific first: where two find the same place, the earlier names it. */
const DETECTORS: readonly Detector[] = [
  ...[privateKeyDetector, jwtDetector, tokenDetector, urlUserDetector, passwordDetector, keyDetector],
  toldSecretDetector,
  ...[ibanDetector, cardDetector, usSsnDetector, emailDetector, phoneDetector, ipDetector],
];

const NONE: ReadonlySet<string> = new Set();

/** Throws a `TypeError` that names every class without a detector. */
export function createMasker({ classes }: { readonly classes: readonly string[] }): Masker {
  const unknown = classes.filter((name) => !DETECTORS.some((detector) => detector.class === name));
  if (unknown.length > 0) throw new TypeError(`no detector for the masking classes: ${unknown.join(', ')}`);
  const finder = createFinder(DETECTORS.filter((detector) => classes.includes(detector.class)));
  const factsOf = createKeyReader(finder);
  return {
    maskMessage: (message, { revealed }) => {
      const tally = createTally();
      const forms = walkMessage(message, 'envelope', { finder, factsOf, tally, revealed });
      return { ...forms, exposure: tally.list() };
    },
    maskRequest: (value) =>
      walkMessage(value, 'data', { finder, factsOf, tally: createTally(), revealed: NONE }).record,
  };
}
