/**
 * What the cure leans on in `@azure/functions`, pinned against the installed version, in this process and without the
 * cure: when an update changes one of these, the cure must be read again.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { type LibraryProbe, paired, probeLibrary, settledWithin, statusWithin } from './fixtures/library-probe.ts';

let library: LibraryProbe;

beforeAll(async () => {
  library = await probeLibrary('contract-app');
});
afterAll(() => library.close());

const newId = () => crypto.randomUUID();

describe('@azure/functions as installed', () => {
  it(proves('cure.contract', 'is the version that the package pins'), () => {
    const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
    expect(read('node_modules/@azure/functions/package.json').version).toBe(
      read('package.json').dependencies['@azure/functions'],
    );
    expect(library.app.model.version).toBe(read('package.json').dependencies['@azure/functions']);
  });

  it(
    proves('cure.contract', 'pairs by x-ms-invocation-id on one server of its own, whichever comes first'),
    async () => {
      const [first, second] = [newId(), newId()];
      const early = library.forward(paired(first));
      const earlyStatus = statusWithin(early, 2_000);
      await sleep(50);
      await library.invoke('fine', first);
      const running = library.invoke('fine', second);
      expect(await statusWithin(library.forward(paired(second)), 2_000)).toBe(200);
      await running;
      expect(await earlyStatus).toBe(200);
      expect(library.servers.size).toBe(1);
    },
  );

  it(proves('host.streaming', 'listens on 127.0.0.1 only, which the library by itself does not'), () => {
    const [server] = library.servers;
    expect(server?.address()).toMatchObject({ address: '127.0.0.1', port: library.app.streamPort });
  });

  it(proves('cure.contract', 'hands pre-invocation hooks the very context that the handler gets'), async () => {
    const id = newId();
    const asked = library.forward(paired(id));
    const status = statusWithin(asked, 2_000);
    await library.invoke('same-context', id);
    expect(await status).toBe(200);
  });

  it(proves('cure.contract', 'still leaves a handler that throws, or returns nothing, without an answer'), async () => {
    for (const name of ['throws', 'nothing']) {
      const id = newId();
      const asked = library.forward(paired(id));
      const status = statusWithin(asked, 200);
      await library.invoke(name, id).catch(() => undefined);
      expect(await status).toBeUndefined();
      await library.answer(id, 404);
    }
  });

  it(proves('cure.contract', 'answers and forgets an orphan through the model’s public calls'), async () => {
    const id = newId();
    const asked = library.forward(paired(id));
    const status = statusWithin(asked, 2_000);
    await sleep(50);
    await library.answer(id, 404);
    expect(await status).toBe(404);
    expect(await settledWithin(library.take(id), 100)).toBe('settled');
    // Both entries are gone: nothing to answer, nothing to take.
    await expect(library.answer(id, 404)).rejects.toThrow();
    expect(await settledWithin(library.take(id), 100)).toBe('waiting');
  });

  it(
    proves('cure.contract', 'fails an invocation whose request lacks x-forwarded-host, which ends its wait'),
    async () => {
      const id = newId();
      const waiting = library.invoke('fine', id);
      expect(await settledWithin(waiting, 100)).toBe('waiting');
      const asked = library.forward({ 'x-ms-invocation-id': id });
      await expect(waiting).rejects.toThrow(/x-forwarded-host/);
      await library.answer(id, 500);
      expect(await statusWithin(asked, 500)).toBe(500);
    },
  );
});
