/** The flags of `npm run stand-ins`: defaults, what each means, and one line for what is wrong, without any key. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseStandInFlags } from '../../../../../infra/local/func-start/flags.ts';
import { proves } from '../../../../requirements.ts';

const parse = (...args: string[]) => parseStandInFlags(args, '/somewhere', '/app');

describe('the flags', () => {
  it(proves('deploy.func-start', 'without any: Azurite and the emulator where their makers put them'), () => {
    expect(parse()).toEqual({
      ok: true,
      value: {
        configDir: resolve('/app/infra/config'),
        dataDir: resolve('/app/.local'),
        settingsFile: resolve('/app/local.settings.json'),
        port: 7071,
        emulators: {
          storage: 'UseDevelopmentStorage=true',
          serviceBus:
            'Endpoint=sb://localhost;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true',
        },
        mayOverwrite: false,
        isQuiet: false,
      },
    });
  });

  it(proves('deploy.func-start', 'all of them, paths counted from where the command was given'), () => {
    const places = ['--config', 'c', '--data', '../d', '--settings', 's.json'];
    const others = ['--port', '0', '--azurite', 'own', '--service-bus', 'own', '--overwrite', '--quiet'];
    expect(parse(...places, ...others)).toEqual({
      ok: true,
      value: {
        configDir: resolve('/somewhere/c'),
        dataDir: resolve('/d'),
        settingsFile: resolve('/somewhere/s.json'),
        port: 0,
        emulators: {},
        mayOverwrite: true,
        isQuiet: true,
      },
    });
  });

  const account = 'AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/a;TableEndpoint=http://127.0.0.1:3/a';
  it.each([
    [['--colour'], "unknown option '--colour' (--help lists the flags)"],
    [['--port', '70000'], '--port must be a number from 0 to 65535'],
    [['--data', ''], '--data must name a folder'],
    [['--settings', ''], '--settings must name a file'],
    [
      ['--azurite', 'AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=https://a.blob.core.windows.net'],
      '--azurite: the connection string must lead to Azurite on this machine',
    ],
    [['--azurite', `AccountName=other;${account}`], '--azurite: the account must be devstoreaccount1'],
    [
      ['--azurite', `AccountName=devstoreaccount1;${account}`],
      '--azurite: name BlobEndpoint, QueueEndpoint and TableEndpoint',
    ],
    [
      ['--service-bus', 'Endpoint=sb://bus.servicebus.windows.net;SharedAccessKey=c2VjcmV0'],
      '--service-bus: the connection string must be of an emulator on this machine',
    ],
  ])(proves('deploy.func-start', 'refuses %j in one line, without the key'), (args, line) => {
    expect(parse(...args)).toEqual({ ok: false, error: line });
  });
});
