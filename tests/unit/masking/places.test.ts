/**
 * Masking has a case for every place of every message that the protocol's schemas know (FACTS: where data hides), and a
 * canary put there is found in no form that must not hold it.
 */
import { describe, expect, it } from 'vitest';
import { DEFAULT_CLASSES } from '../../../shared/config/classes.ts';
import type { Json } from '../../../shared/json/value.ts';
import { createMasker } from '../../../shared/masking/mask.ts';
import { MESSAGE } from '../../../shared/masking/places/message.ts';
import type { Place, PlaceKind } from '../../../shared/masking/places/place.ts';
import { proves } from '../../requirements.ts';
import { listSchemaPlaces, type SchemaPlace } from './schema-places.ts';

const masker = createMasker({ classes: DEFAULT_CLASSES });
const hidden = { server: 'crm', revealed: new Set<string>() };

const EMAIL = 'zaphod.quux@bluebird.example.org';
const CARD = '4539 1488 0343 6467';
const CARD_NUMBER = 4539148803436467;

const places = listSchemaPlaces();
const nameOf = ({ path }: Pick<SchemaPlace, 'path'>) => path.join('.').replaceAll('.[]', '[]');

/** Undefined where the table has no case of its own: the protocol names it, and we don't. */
function caseFor(path: readonly string[]): Place | undefined {
  let place = MESSAGE;
  for (const step of path.filter((each) => each !== '[]')) {
    const known = place.members.get(step);
    if (known === undefined && step !== '*' && place.members.size > 0) return undefined;
    place = known ?? place.others ?? place;
  }
  return place;
}

function messageWith(path: readonly string[], value: Json): Json {
  return path.reduceRight<Json>(
    (inner, step) => (step === '[]' ? [inner] : { [step === '*' ? 'own' : step]: inner }),
    value,
  );
}

function fragmentsOf(value: string): readonly string[] {
  return Array.from({ length: value.length - 5 }, (_, at) => value.slice(at, at + 6));
}

function expectNoTrace(form: Json, value: string): void {
  const text = JSON.stringify(form);
  for (const fragment of fragmentsOf(value)) expect(text).not.toContain(fragment);
}

const ofKind = (...kinds: PlaceKind[]) =>
  places
    .filter(({ path }) => kinds.includes(caseFor(path)?.kind ?? 'data'))
    .map((place) => [nameOf(place), place] as const);

describe('the places of a message', () => {
  it(proves('mask.places', 'each have a case: a new one in the protocol is noticed here'), () => {
    expect(places.length).toBeGreaterThan(250);
    expect(places.filter(({ path }) => caseFor(path) === undefined).map(nameOf)).toEqual([]);
  });

  it(proves('mask.places', 'are few that stay as they came, each for what the client does with it'), () => {
    const kept = new Set(ofKind('kept').map(([name]) => name.replace(/^.*inputRequests\.\*\.(?=params)/, '')));
    const isSchema = (name: string) => /(?:inputSchema|outputSchema|requestedSchema)\./.test(name);
    expect([...kept].filter((name) => !isSchema(name)).toSorted()).toEqual(KEPT);
    const words = [...kept].filter(isSchema).map((name) => name.replace(/\[\]$/, '').split('.').at(-1));
    expect([...new Set(words)].toSorted()).toEqual(KEPT_IN_SCHEMAS);
  });

  it.each(ofKind('text', 'prose', 'data'))(proves('mask.places', 'are masked at %s'), (_name, { path, type }) => {
    const values: readonly Json[] =
      type === 'number'
        ? [CARD_NUMBER]
        : type === 'string'
          ? [EMAIL, CARD]
          : [EMAIL, CARD, CARD_NUMBER, { own: [EMAIL] }];
    for (const value of values) {
      const { client, record, exposure } = masker.maskMessage(messageWith(path, value), hidden);
      for (const form of [client, record]) {
        expectNoTrace(form, EMAIL);
        expectNoTrace(form, CARD);
        expectNoTrace(form, String(CARD_NUMBER));
      }
      expect(exposure).toMatchObject([{ outcome: 'masked', count: 1 }]);
    }
  });

  it.each(ofKind('kept'))(
    proves('mask.places', 'stay at %s, counted, and out of the record'),
    (_name, { path, type }) => {
      const message = messageWith(path, type === 'number' ? CARD_NUMBER : EMAIL);
      const { client, record, exposure } = masker.maskMessage(message, hidden);
      expect(client).toEqual(message);
      expectNoTrace(record, type === 'number' ? String(CARD_NUMBER) : EMAIL);
      expect(exposure).toMatchObject([{ outcome: 'revealed', count: 1 }]);
    },
  );

  it.each(ofKind('binary'))(proves('mask.places', 'hold what nobody can look into at %s'), (_name, { path }) => {
    const { record, exposure } = masker.maskMessage(messageWith(path, 'iVBORw0KGgoAAAANSUhEUgAA'), hidden);
    expect(JSON.stringify(record)).not.toContain('iVBORw');
    expect(exposure).toEqual([{ class: 'binary', outcome: 'uninspected', count: 1 }]);
  });

  it.each(places.filter(({ path }) => path.includes('*')).map((place) => [nameOf(place), place] as const))(
    proves('mask.places', 'have names that are the server’s own masked, or kept and counted, at %s'),
    (_name, { path }) => {
      const own = path.slice(0, path.lastIndexOf('*'));
      const message = messageWith(own, { [EMAIL]: 1 });
      const { client, record, exposure } = masker.maskMessage(message, hidden);
      expectNoTrace(record, EMAIL);
      if (caseFor(own)?.keepsNames === true) expect(client).toEqual(message);
      else expectNoTrace(client, EMAIL);
      expect(exposure).toMatchObject([{ class: 'email', count: 1 }]);
    },
  );

  it(proves('mask.places', 'that nobody thought of are masked like data'), () => {
    const message = { [EMAIL]: EMAIL, result: { own: { deep: [{ [EMAIL]: CARD_NUMBER }] } }, error: { own: CARD } };
    const { client, record } = masker.maskMessage(message, hidden);
    for (const form of [client, record])
      for (const value of [EMAIL, CARD, String(CARD_NUMBER)]) expectNoTrace(form, value);
  });
});

describe('content in a data: URL', () => {
  const url = `data:image/png;base64,${'iVBORw0KGgo'.repeat(20)}`;
  const message = {
    id: 1,
    result: {
      tools: [{ name: 'draw', icons: [{ src: url }] }],
      content: [{ type: 'text', text: `see ![a chart](${url}) above` }],
      structuredContent: { chart: url },
    },
  };

  it(proves('mask.uninspected', 'is cut out, where the server does not allow what nobody can look into'), () => {
    const { client, record, exposure } = masker.maskMessage(message, hidden);
    for (const form of [client, record]) expect(JSON.stringify(form)).not.toContain('iVBORw');
    expect(client).toMatchObject({ result: { content: [{ text: 'see ![a chart]([masked:binary]) above' }] } });
    expect(exposure).toEqual([{ class: 'binary', outcome: 'masked', count: 3 }]);
  });

  it(proves('mask.uninspected', 'stays where the server allows it, counted, and out of the record'), () => {
    const { client, record, exposure } = masker.maskMessage(message, { ...hidden, uninspected: 'allow' });
    expect(client).toBe(message);
    expect(JSON.stringify(record)).not.toContain('iVBORw');
    expect(exposure).toEqual([{ class: 'binary', outcome: 'uninspected', count: 3 }]);
  });
});

describe('choices in a schema', () => {
  it(proves('mask.places', 'stay distinct when they are masked, for a schema must not offer one twice'), () => {
    const inputSchema = { type: 'object', properties: { to: { enum: ['a@example.org', 'b@example.org', 'nobody'] } } };
    const { client } = masker.maskMessage({ id: 1, result: { tools: [{ name: 'mail', inputSchema }] } }, hidden);
    expect(client).toMatchObject({
      result: {
        tools: [{ inputSchema: { properties: { to: { enum: ['[masked:email]', '[masked:email] 2', 'nobody'] } } } }],
      },
    });
  });
});

/** What the client compares with its own, or hands back. */
const KEPT = [
  ...['id', 'jsonrpc', 'method'],
  ...['params._meta.io.modelcontextprotocol/related-task.taskId', 'params._meta.progressToken', 'params.cursor'],
  ...['params.elicitationId', 'params.messages[].content.id', 'params.messages[].content.toolUseId'],
  ...['params.messages[].content[].id', 'params.messages[].content[].toolUseId'],
  ...['params.notifications.resourceSubscriptions[]', 'params.progressToken', 'params.requestId', 'params.taskId'],
  ...['params.tools[].name', 'params.uri', 'params.url'],
  'result._meta.io.modelcontextprotocol/related-task.taskId',
  ...['result._meta.io.modelcontextprotocol/subscriptionId', 'result._meta.progressToken'],
  ...['result.inputRequests.*.method', 'result.nextCursor', 'result.requestState', 'result.task.taskId'],
  ...['result.taskId', 'result.tasks[].taskId', 'result.tools[].name'],
];
/** Of a schema, its structure. */
const KEPT_IN_SCHEMAS = [
  ...['$schema', 'format', 'maxItems', 'maxLength', 'maximum', 'minItems', 'minLength', 'minimum', 'required', 'type'],
];
