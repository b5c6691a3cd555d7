/** The flags of `npm start`: defaults, what each means, and one clear line for what is wrong. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { help, parseFlags } from '../../../../infra/local/flags.ts';
import { proves } from '../../../requirements.ts';

const parse = (...args: string[]) => parseFlags(args, '/somewhere', '/app');

describe('the flags', () => {
  it(proves('stack.flags', 'without any, the app’s own configuration and data, port 7071, one instance'), () => {
    expect(parse()).toEqual({
      ok: true,
      value: {
        configDir: resolve('/app/infra/config'),
        dataDir: resolve('/app/.local'),
        port: 7071,
        instances: 1,
        isEphemeral: false,
        isQuiet: false,
      },
    });
  });

  it(proves('stack.flags', 'all of them, folders counted from where the command was given'), () => {
    const args = ['--config', 'c', '--port', '0', '--data', '../d', '--ephemeral', '--quiet', '--instances', '3'];
    expect(parse(...args)).toEqual({
      ok: true,
      value: {
        configDir: resolve('/somewhere/c'),
        dataDir: resolve('/d'),
        port: 0,
        instances: 3,
        isEphemeral: true,
        isQuiet: true,
      },
    });
  });

  it.each([
    [['--colour'], "unknown option '--colour' (--help lists the flags)"],
    [['extra'], "unexpected argument 'extra' (--help lists the flags)"],
    [['--port'], "option '--port <value>' argument missing (--help lists the flags)"],
    [['--quiet=no'], "option '--quiet' does not take an argument (--help lists the flags)"],
    [['--port', '65536'], '--port must be a number from 0 to 65535'],
    [['--port', '80a'], '--port must be a number from 0 to 65535'],
    [['--port', ''], '--port must be a number from 0 to 65535'],
    [['--instances', '0'], '--instances must be a number from 1 to 8'],
    [['--instances', '9'], '--instances must be a number from 1 to 8'],
    [['--data', ''], '--data must name a folder'],
    [['--config', ''], '--config must name a folder'],
  ])(proves('stack.flags', '%s is one clear line'), (args, line) => {
    expect(parse(...args)).toEqual({ ok: false, error: line });
  });

  it('--help wins, and names every flag', () => {
    expect(parse('--help', '--port', 'x')).toEqual({ ok: true, value: 'help' });
    for (const flag of ['config', 'port', 'data', 'ephemeral', 'instances', 'quiet'])
      expect(help).toContain(`--${flag}`);
  });
});
