/**
 * With the cure installed the library holds nothing either: looked at from inside, in this process, since over the wire
 * an entry that stays behind does not show.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { eventually } from './fixtures/build-app.ts';
import { type LibraryProbe, paired, probeLibrary, settledWithin, statusWithin } from './fixtures/library-probe.ts';

let library: LibraryProbe;

beforeAll(async () => {
  library = await probeLibrary('cure-app');
});
afterAll(() => library.close());

const newId = () => crypto.randomUUID();

/** Neither a response to answer nor a request to take. */
async function expectForgotten(id: string): Promise<void> {
  await expect(library.answer(id, 404)).rejects.toThrow();
  expect(await settledWithin(library.take(id), 100)).toBe('waiting');
}

describe('the library behind the cure', () => {
  it(proves('cure.reap', 'has both entries dropped of a request that no invocation claims'), async () => {
    const id = newId();
    expect(await statusWithin(library.forward(paired(id)), 2_000)).toBe(404);
    await expectForgotten(id);
  });

  it(proves('cure.reap', 'has them dropped too when the client left first'), async () => {
    const id = newId();
    const asked = library.forward(paired(id));
    await sleep(50);
    asked.destroy();
    await sleep(500);
    await expectForgotten(id);
  });

  it('fails an invocation whose request never comes, instead of letting it wait for ever', async () => {
    const id = newId();
    const began = performance.now();
    await expect(library.invoke('exact', id)).rejects.toThrow(/x-forwarded-host/);
    expect(performance.now() - began).toBeGreaterThan(250);
    await expectForgotten(id);
    await eventually(async () =>
      (await library.built.logLines()).includes('warn stream-request-missing') ? true : undefined,
    );
  });

  it(proves('cure.throw', 'answers a request that the library cannot read'), async () => {
    const id = newId();
    const status = statusWithin(library.forward(paired(id), 'TRACE'), 2_000);
    await expect(library.invoke('exact', id)).rejects.toThrow(/TRACE/);
    expect(await status).toBe(500);
    await expectForgotten(id);
  });

  it('serves the second try of the host when the first connection broke early', async () => {
    const id = newId();
    const first = library.forward(paired(id));
    await sleep(50);
    first.destroy();
    await sleep(50);
    const status = statusWithin(library.forward(paired(id)), 2_000);
    await sleep(50);
    await library.invoke('exact', id);
    expect(await status).toBe(203);
    await expectForgotten(id);
  });
});
