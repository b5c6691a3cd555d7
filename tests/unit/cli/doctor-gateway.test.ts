/** What the doctor asks of a gateway and of the authority, both played by functions. */
import { describe, expect, it } from 'vitest';
import { createApiClient } from '../../../infra/cli/api-client.ts';
import type { Fetch } from '../../../infra/cli/doctor/ask-page.ts';
import { createAuthorityCheck } from '../../../infra/cli/doctor/authority.ts';
import type { Check } from '../../../infra/cli/doctor/check.ts';
import { createHealthCheck } from '../../../infra/cli/doctor/health.ts';
import { createLivenessCheck } from '../../../infra/cli/doctor/liveness.ts';
import { createRegistrationCheck } from '../../../infra/cli/doctor/registration.ts';
import { createChallengeCheck, createMetadataCheck } from '../../../infra/cli/doctor/resource.ts';
import { CommandFailure, CommandRefusal } from '../../../infra/cli/outcome.ts';
import type { HealthReport } from '../../../shared/api/routes/health-schema.ts';
import { proves } from '../../requirements.ts';

const GATEWAY = 'https://gateway.example';
const ISSUER = 'https://login.example/5a11e000-0000-4000-8000-000000000001/v2.0';
const NOW = Date.parse('2026-11-22T12:00:00Z');

const look = (check: Check) => check.look(new AbortController().signal);
const json =
  (body: unknown, init: ResponseInit = {}) =>
  async () =>
    new Response(JSON.stringify(body), init);
const lines = async (check: Check) =>
  (await look(check)).map(({ status, name, detail }) => `${status} ${name}: ${detail}`);

describe('the gateway’s liveness', () => {
  const liveness = (fetch: Fetch) => createLivenessCheck({ gateway: GATEWAY, fetch, nowMs: () => NOW });
  const dated = (ms: number) => ({ headers: { date: new Date(NOW + ms).toUTCString() } });

  it(proves('doctor.checks', 'is well when it answers, and clocks agree'), async () => {
    expect(await lines(liveness(json({ status: 'ok' }, dated(0))))).toEqual([
      'ok gateway: https://gateway.example answers',
      'ok clock: the gateway’s and this machine’s agree',
    ]);
  });

  it.each([
    [
      () => Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ENOTFOUND' }) })),
      /got no answer: ENOTFOUND/,
    ],
    [json({ status: 'ok' }, { status: 503, ...dated(0) }), /answered 503/],
    [json('Welcome to nginx', dated(0)), /answered 200, and not as a gateway does/],
  ])(proves('doctor.checks', 'fails where nothing, or something else, answers'), async (fetch, expected) => {
    const [finding] = await look(liveness(fetch));
    expect(finding).toMatchObject({
      status: 'fail',
      detail: expect.stringMatching(expected),
      advice: expect.any(String),
    });
  });

  it.each([
    [-4_000, 'ok', /agree/],
    [-20_000, 'warn', /19 s behind/],
    [30_000, 'warn', /30 s ahead/],
    [90_000, 'fail', /90 s ahead/],
  ])(proves('doctor.checks', 'a clock that is %d ms off is %s'), async (off, status, expected) => {
    const [, clock] = await look(liveness(json({ status: 'ok' }, dated(off))));
    expect(clock).toMatchObject({ status, detail: expect.stringMatching(expected) });
  });

  it('doubts an answer without a date', async () => {
    expect((await look(liveness(json({ status: 'ok' }))))[1]).toMatchObject({ status: 'warn' });
  });
});

describe('the gateway’s own health', () => {
  const report: HealthReport = {
    status: 'ok',
    version: '0.1.0',
    checkedAt: '2026-11-22T12:00:00.000Z',
    dependencies: [
      'transcripts',
      'table-blocks',
      'key-vault',
      'service-bus',
      'graph',
      'entra-keys',
      'sealed-store',
    ].map((name) => ({ name, status: 'ok', ms: 3 }) as const),
    seal: { state: 'ok', number: 12, ageSeconds: 40 },
    blocks: { state: 'ok', ageSeconds: 1 },
    upstreams: [{ server: 'crm', circuit: 'closed' }],
  };
  const health = (more: Partial<HealthReport>) => {
    const ask = async () => ({ ...report, ...more });
    return createHealthCheck({
      openApi: async () => Object.assign(createApiClient(NOBODY), { ask }),
      version: '0.1.0',
    });
  };
  const NOBODY = { gateway: GATEWAY, token: '' };

  it(proves('doctor.checks', 'is taken over line by line'), async () => {
    const found = await look(health({}));
    expect(found.map(({ status }) => status)).toEqual(Array.from({ length: 11 }, () => 'ok'));
    expect(found.map(({ name }) => name)).toContain('circuit crm');
  });

  it.each(report.dependencies.map(({ name }) => name))(
    proves('doctor.advice', '%s, when it fails, is told with what to do about it'),
    async (name) => {
      const found = await look(health({ dependencies: [{ name, status: 'fail', ms: 3_000 }] }));
      const finding = found.find((one) => one.name === name);
      expect(finding).toMatchObject({ status: 'fail', advice: expect.stringMatching(/\w{3}/) });
    },
  );

  it.each<[Partial<HealthReport>, string]>([
    [{ seal: { state: 'none' } }, 'warn seal: there is none yet'],
    [
      { seal: { state: 'late', number: 3, ageSeconds: 7_300 } },
      'fail seal: the last one is late: number 3, 2 hours old',
    ],
    [{ seal: { state: 'broken', number: 3, ageSeconds: 60 } }, 'fail seal: number 3, 60 s old, and does not hold'],
    [{ seal: { state: 'unknown' } }, 'fail seal: could not be read'],
    [{ blocks: { state: 'stale' } }, 'fail blocks: never read: everybody is denied'],
    [{ blocks: { state: 'stale', ageSeconds: 99 } }, 'fail blocks: last read 99 s ago: everybody is denied'],
    [
      { upstreams: [{ server: 'crm', circuit: 'open' }] },
      'fail circuit crm: open: it was down when the gateway asked last',
    ],
    [{ version: '0.2.0' }, 'warn version: the gateway is 0.2.0, this command is 0.1.0'],
  ])(proves('doctor.checks', 'what is not well in it is judged: %j'), async (more, expected) => {
    expect(await lines(health(more))).toContain(expected);
  });

  it.each([
    [new CommandRefusal('The gateway’s health is for its administrators.'), /whom policy lets administer/],
    [new CommandFailure('GET … answered 503'), /503 says/],
  ])(proves('doctor.checks', 'is one failure where it is not told: %s'), async (error, advice) => {
    const found = await look(createHealthCheck({ openApi: () => Promise.reject(error), version: '0.1.0' }));
    expect(found).toMatchObject([{ name: 'health', status: 'fail', advice: expect.stringMatching(advice) }]);
  });
});

describe('a server as a resource', () => {
  const options = { gateway: GATEWAY, server: 'crm', resource: 'exact', scope: 'Mcp.Invoke' } as const;
  const metadata = {
    resource: `${GATEWAY}/mcp/crm`,
    authorization_servers: [ISSUER],
    scopes_supported: [`${GATEWAY}/mcp/crm/Mcp.Invoke`],
  };

  it(proves('doctor.checks', 'is well when its metadata names the URL that was asked'), async () => {
    const asked: string[] = [];
    const fetch: Fetch = (url) => {
      asked.push(url);
      return json(metadata)();
    };
    expect(await look(createMetadataCheck({ ...options, fetch }))).toMatchObject([{ status: 'ok' }]);
    expect(asked).toEqual([`${GATEWAY}/.well-known/oauth-protected-resource/mcp/crm`]);
  });

  it.each([
    [
      json({ ...metadata, resource: 'https://func-x.azurewebsites.net/mcp/crm' }),
      /calls itself https:\/\/func-x/,
      /SALLYPORT_PUBLIC_URL/,
    ],
    [
      json({ ...metadata, scopes_supported: ['user_impersonation'] }),
      /asks for the scopes user_impersonation/,
      /--config/,
    ],
    [json({ error: 'not_found' }, { status: 404 }), /answered 404, and no metadata/, /proxy/],
    [async () => new Response('<html>'), /answered 200, and no metadata/, /proxy/],
  ])(proves('doctor.checks', 'fails for metadata that no client can use'), async (fetch, detail, advice) => {
    const [finding] = await look(createMetadataCheck({ ...options, fetch }));
    expect(finding).toMatchObject({
      status: 'fail',
      detail: expect.stringMatching(detail),
      advice: expect.stringMatching(advice),
    });
  });

  const challenged =
    (header: string, status = 401) =>
    async () =>
      new Response('', { status, headers: header === '' ? {} : { 'www-authenticate': header } });
  const good = `Bearer resource_metadata="${GATEWAY}/.well-known/oauth-protected-resource/mcp/crm", scope="x"`;

  it(proves('doctor.checks', 'is well when a call without a token is shown the way to one'), async () => {
    for (const header of [good, good.replace('Bearer ', 'Bearer error="invalid_token", ')]) {
      expect(await look(createChallengeCheck({ ...options, fetch: challenged(header) }))).toMatchObject([
        { status: 'ok' },
      ]);
    }
  });

  it.each([
    [challenged('', 200), /answered 200 instead of 401/, /off the network/],
    [challenged(good, 302), /answered 302 instead of 401/, /App Service authentication/],
    [challenged('Bearer realm="x"'), /without resource_metadata/, /App Service authentication/],
    [challenged(good.replace('gateway.example', 'elsewhere.example')), /leads to https:\/\/elsewhere/, /PUBLIC_URL/],
  ])(
    proves('doctor.checks', 'fails where a call without a token meets anything else'),
    async (fetch, detail, advice) => {
      const [finding] = await look(createChallengeCheck({ ...options, fetch }));
      expect(finding).toMatchObject({
        status: 'fail',
        detail: expect.stringMatching(detail),
        advice: expect.stringMatching(advice),
      });
    },
  );
});

describe('the authority', () => {
  const keysUrl = 'https://login.example/keys';
  const pages = {
    [`${GATEWAY}/.well-known/oauth-protected-resource/mcp/crm`]: { authorization_servers: [ISSUER] },
    [`${ISSUER}/.well-known/openid-configuration`]: { issuer: ISSUER, jwks_uri: keysUrl },
    [keysUrl]: { keys: [{ kty: 'RSA', kid: '1' }] },
  };
  const authority = (more: Readonly<Record<string, unknown>>, issuer?: string) => {
    const all: Readonly<Record<string, unknown>> = { ...pages, ...more };
    const fetch: Fetch = async (url) => new Response(JSON.stringify(all[url]), { status: url in all ? 200 : 404 });
    const given = issuer === undefined ? {} : { issuer };
    return createAuthorityCheck({ gateway: GATEWAY, server: 'crm', resource: 'exact', fetch, ...given });
  };
  const [metadataUrl = '', discoveryUrl = ''] = Object.keys(pages);

  it(proves('doctor.checks', 'is well when it says of itself what the gateway says of it'), async () => {
    expect(await lines(authority({}, ISSUER))).toEqual([`ok entra: ${ISSUER}, 1 signing key`]);
  });

  it.each([
    [{ [metadataUrl]: {} }, /names no one authority/],
    [{ [metadataUrl]: { authorization_servers: [ISSUER, 'https://other.example'] } }, /names no one authority/],
    [{ [metadataUrl]: { authorization_servers: ['http://169.254.169.254/latest'] } }, /must be https/],
    [{ [metadataUrl]: { authorization_servers: ['https://login.example/common/v2.0'] } }, /is not one tenant’s/],
    [{ [discoveryUrl]: { issuer: 'https://other.example', jwks_uri: keysUrl } }, /calls itself https:\/\/other/],
    [{ [discoveryUrl]: 'no' }, /does not describe itself/],
    [{ [discoveryUrl]: { issuer: ISSUER, jwks_uri: 'http://keys.example' } }, /signing keys must be https/],
    [{ [keysUrl]: { keys: [{ kty: 'EC', kid: '1' }] } }, /publishes no signing key/],
  ])(proves('doctor.checks', 'fails where it does not: %j'), async (more, expected) => {
    const [finding] = await look(authority(more));
    expect(finding).toMatchObject({
      status: 'fail',
      detail: expect.stringMatching(expected),
      advice: expect.any(String),
    });
  });

  it('fails for another tenant than the stack’s', async () => {
    expect(await look(authority({}, ISSUER.replace('1/v2', '2/v2')))).toMatchObject([
      { status: 'fail', detail: expect.stringContaining('instead of') },
    ]);
  });
});

describe('the registration', () => {
  const token = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`;
  const claims = { aud: 'c0', ver: '2.0', tid: 't' };

  it(proves('doctor.checks', 'is well when it gives tokens of version 2.0'), async () => {
    const found = await lines(createRegistrationCheck({ signIn: async () => token(claims) }));
    expect(found).toEqual(['ok registration: Entra gives tokens of version 2.0 for c0']);
  });

  it(proves('doctor.secrets', 'a token is never told, neither an odd one nor one that can’t be read'), async () => {
    for (const [odd, expected] of [
      [token({ ...claims, ver: '1.0' }), /version 1.0/],
      ['opaque-token-of-dave', /can’t be read/],
    ] as const) {
      const found = await look(createRegistrationCheck({ signIn: async () => odd }));
      expect(found).toMatchObject([{ status: 'warn', detail: expect.stringMatching(expected) }]);
      expect(JSON.stringify(found)).not.toContain(odd);
    }
  });

  it(proves('doctor.checks', 'fails where nobody is signed in'), async () => {
    const signIn = () => Promise.reject(new CommandFailure('there is no token for it: az login'));
    expect(await look(createRegistrationCheck({ signIn }))).toMatchObject([
      { status: 'fail', detail: expect.stringContaining('az login'), advice: expect.stringContaining('Sign in') },
    ]);
  });
});
