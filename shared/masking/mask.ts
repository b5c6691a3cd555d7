/**
 * Makes the masker for the classes that the configuration names (DESIGN §2.8). A class without a detector is refused
 * here, at start: a configuration that promises what is not looked for would be worse than none.
 * Text that is spelled out, encrypted or taken apart is not found; see the detectors and decode/ for what is.
 */

import type { FieldRule, MaskingConfig } from '../config/config.ts';
import { isObject, type Json } from '../json/value.ts';
import { createReplacer, type NameToken } from './actions/replace.ts';
import { createCustomDetectors, withCustom } from './custom/custom-classes.ts';
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
import { fitResult } from './output-schema/fit-result.ts';
import { createPacer } from './pace.ts';
import { MESSAGE, REQUEST } from './places/message.ts';
import { DATA, type Place } from './places/place.ts';
import { compileFields } from './rules/fields.ts';
import { walkMessage } from './walk.ts';
import { BINARY_CLASS, type Walk } from './walk-parts.ts';

/** Most specific first: where two find the same place, the earlier names it. */
const DETECTORS: readonly Detector[] = [
  ...[privateKeyDetector, jwtDetector, tokenDetector, urlUserDetector, passwordDetector, keyDetector],
  toldSecretDetector,
  ...[ibanDetector, cardDetector, usSsnDetector, emailDetector, phoneDetector, ipDetector],
];

/** Nothing is revealed in a record. */
const NEVER = (): boolean => false;

export interface MaskerOptions extends MaskingConfig {
  /** Field rules of one server, beside those for all. */
  readonly rulesOf?: ReadonlyMap<string, readonly FieldRule[]>;
  /** The pinned output schema of a tool, which its structured content fits and goes on to fit. */
  readonly outputSchemaOf?: (server: string, tool: string) => Json | undefined;
  /** Milliseconds of a clock that only goes forward; left out, there is no deadline. */
  readonly monotonicMs?: () => number;
  /** How long one message may take. */
  readonly deadlineMs?: number;
  /** For the action `token`; while there is no key yet, a marker stands for it. */
  readonly nameToken?: NameToken;
}

/** Throws a `TypeError` that names every class without a detector, and for a rule or pattern that nobody checked. */
export function createMasker(options: MaskerOptions): Masker {
  const { classes, custom = new Map(), rules = [], rulesOf = new Map(), actions = new Map() } = options;
  const { monotonicMs, deadlineMs = Infinity } = options;
  const unknown = classes.filter((name) => !custom.has(name) && !DETECTORS.some((detector) => detector.class === name));
  if (unknown.length > 0) throw new TypeError(`no detector for the masking classes: ${unknown.join(', ')}`);
  const own = createCustomDetectors(custom);
  const builtIn = DETECTORS.filter((detector) => classes.includes(detector.class));
  const finder = withCustom(createFinder([...builtIn, ...own]), own);
  const startPace = createPacer(monotonicMs, deadlineMs);
  const once = { finder, factsOf: createKeyReader(finder), replace: createReplacer(actions, options.nameToken) };
  const fieldsForAll = compileFields(rules);
  const fieldsFor = new Map(
    [...rulesOf].map(([server, more]: readonly [string, readonly FieldRule[]]) => [
      server,
      compileFields([...more, ...rules]),
    ]),
  );

  function walkFor(server: string | undefined, mayShow: Walk['mayShow']): Walk {
    const fields = server !== undefined && fieldsFor.has(server) ? fieldsFor.get(server) : fieldsForAll;
    return { ...once, fields, mayShow, tally: createTally(), pace: startPace() };
  }

  function mask(value: Json, place: Place, { server, revealed, uninspected }: MaskingContext): Masked {
    const mayShow = (name: string) => (name === BINARY_CLASS ? uninspected === 'allow' : revealed.has(name));
    const walk = walkFor(server, mayShow);
    return { ...walkMessage(value, place, walk), exposure: walk.tally.list() };
  }

  /** Of what a schema offers in a masked value's place: a choice may be data too. */
  const isClean = (value: Json): boolean =>
    typeof value === 'string'
      ? finder.inText(value, 0).length === 0
      : !(typeof value === 'number') || finder.inNumber(value, 0).length === 0;

  return {
    maskMessage: (message, context) => {
      const masked = mask(message, MESSAGE, context);
      const { server, tool } = context;
      const schema = tool === undefined ? undefined : options.outputSchemaOf?.(server, tool);
      return isObject(schema) ? { ...masked, client: fitResult(schema, isClean, message, masked) } : masked;
    },
    maskArguments: (value, context) => mask(value, DATA, context),
    maskRequest: (value, server) => walkMessage(value, REQUEST, walkFor(server, NEVER)).record,
  };
}
