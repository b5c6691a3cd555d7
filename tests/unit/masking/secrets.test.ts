/**
 * Secrets, keys, bank accounts and addresses: what each detector finds, and what it leaves. Every token here is made up
 * at run time from its public prefix, so that nothing in this file looks like a leaked one.
 */
import { describe, expect, it } from 'vitest';
import { TOKEN_SHAPES } from '../../../shared/masking/detectors/token-shapes.ts';
import { createMasker } from '../../../shared/masking/mask.ts';
import { proves } from '../../requirements.ts';

const masker = createMasker({
  classes: ['card', 'us-ssn', 'iban', 'email', 'phone', 'ip', 'jwt', 'private-key', 'secret'],
});
const mask = (value: Parameters<typeof masker.maskRequest>[0]) => masker.maskRequest(value);

const repeat = (of: string, length: number) => of.repeat(Math.ceil(length / of.length)).slice(0, length);
const hex = (length: number) => repeat('0a9f4c3e7b', length);
const letters = (length: number) => repeat('aBcDeFgH', length);
const mixed = (length: number) => repeat('aB3dE5gH7k', length);
const capitals = (length: number) => repeat('QWERTZ234567', length);
const uuid = '5a11e000-0000-4000-8000-0000000000c0';

/** Behind which prefix what stands, with the lengths their issuers use. */
const TOKENS: readonly (readonly [prefix: string, rest: string])[] = [
  ...[['ops_eyJ', mixed(200)] as const, ['p8e-', hex(32)] as const, ['AGE-SECRET-KEY-1', capitals(58)] as const],
  ...[['pat', `${mixed(14)}.${hex(64)}`] as const, ['LTAI', mixed(20)] as const, ['sk-ant-', mixed(95)] as const],
  ...[['AKCp', mixed(69)] as const, ['ATATT3', mixed(180)] as const, ['ATBB', mixed(32)] as const],
  ...[['AKIA', capitals(16)] as const, ['ABSK', mixed(128)] as const, ['xkeysib-', `${hex(64)}-${mixed(16)}`] as const],
  ...[['bkua_', hex(40)] as const, ['CCIPAT_', `${mixed(22)}_${hex(40)}`] as const],
  ...[['CLOJARS_', hex(60)] as const, ['v1.0-', `${hex(24)}-${hex(146)}`] as const, ['CFPAT-', mixed(43)] as const],
  ...[['cio', mixed(32)] as const, ['dapi', hex(32)] as const, ['dop_v1_', hex(64)] as const],
  ...[['dckr_pat_', mixed(27)] as const, ['dp.pt.', mixed(43)] as const, ['dp.st.', `dev.${mixed(43)}`] as const],
  ...[['duffel_test_', mixed(43)] as const, ['dt0c01.', `${capitals(24)}.${capitals(64)}`] as const],
  ...[['EZAK', mixed(54)] as const, ['EAA', mixed(150)] as const, ['figd_', mixed(40)] as const],
  ...[['FLWSECK-', `${hex(32)}-X`] as const, ['FLWSECK_TEST-', `${hex(32)}-X`] as const, ['fo1_', mixed(43)] as const],
  ...[['fm2_', mixed(120)] as const, ['fio-u-', mixed(64)] as const, ['ghp_', mixed(36)] as const],
  ...[['github_pat_', `${mixed(22)}_${mixed(59)}`] as const, ['glpat-', mixed(20)] as const],
  ...[['GR1348941', mixed(20)] as const, ['AIza', mixed(35)] as const, ['ya29.', mixed(60)] as const],
  ...[['GOCSPX-', mixed(28)] as const, ['1//0', mixed(60)] as const, ['glsa_', `${mixed(32)}_${hex(8)}`] as const],
  ...[['glc_', mixed(80)] as const, ['gsk_', mixed(52)] as const],
  ...[['pat.', `${mixed(22)}.${hex(24)}.${mixed(20)}`] as const, ['hvs.', mixed(24)] as const],
  ...[
    ['HRKU-', uuid] as const,
    ['hf_', letters(34)] as const,
    ['sdk-', uuid] as const,
    ['lin_api_', mixed(40)] as const,
  ],
  ...[['key-', hex(32)] as const, ['sk.eyJ', `${mixed(60)}.${mixed(22)}`] as const, ['nfp_', mixed(36)] as const],
  ...[['NRAK-', capitals(27)] as const, ['ntn_', mixed(46)] as const, ['secret_', mixed(43)] as const],
  ...[['npm_', mixed(36)] as const, ['API-', capitals(26)] as const, ['sk-proj-', mixed(120)] as const],
  ...[
    ['sk-', `${mixed(20)}T3BlbkFJ${mixed(20)}`] as const,
    ['sk-or-v1-', hex(64)] as const,
    ['pplx-', mixed(48)] as const,
  ],
  ...[['access-sandbox-', uuid] as const, ['pscale_tkn_', mixed(43)] as const],
  ...[['PMAK-', `${hex(24)}-${hex(34)}`] as const, ['pnu_', mixed(36)] as const, ['pul-', hex(40)] as const],
  ...[['pypi-', `AgEIcHlwaS5vcmc${mixed(60)}`] as const, ['rdme_', hex(70)] as const, ['r8_', mixed(37)] as const],
  ...[['rubygems_', hex(48)] as const, ['SG.', `${mixed(22)}.${mixed(43)}`] as const, ['sntrys_', mixed(90)] as const],
  ...[['sntryu_', hex(64)] as const, ['shippo_live_', hex(40)] as const, ['shpat_', hex(32)] as const],
  ...[['xoxb-', `123456789012-${mixed(24)}`] as const, ['hooks.slack.com/', `services/T0/B0/${mixed(24)}`] as const],
  ...[['sgp_', hex(40)] as const, ['sq0atp-', mixed(22)] as const, ['EAAA', mixed(60)] as const],
  ...[['sk_live_', mixed(24)] as const, ['whsec_', mixed(32)] as const, ['sbp_', hex(40)] as const],
  ...[['sb_secret_', mixed(31)] as const, ['tskey-', `auth-${mixed(17)}-${mixed(32)}`] as const],
  ...[['AKID', mixed(32)] as const, ['SK', hex(32)] as const, ['tfp_', mixed(44)] as const],
  ...[['wandb_v1_', mixed(60)] as const, ['xai-', mixed(80)] as const, ['AQVN', mixed(36)] as const],
];

// Issue 5: detectors (DESIGN §2.8)
describe('tokens of a fixed shape', () => {
  it('come from more than forty issuers, and each shape has an example here', () => {
    expect(new Set(TOKEN_SHAPES.map(({ issuer }) => issuer)).size).toBeGreaterThanOrEqual(40);
    const untried = TOKEN_SHAPES.filter(({ prefixes }) => !TOKENS.some(([prefix]) => prefixes.includes(prefix)));
    expect(untried.map(({ issuer }) => issuer)).toEqual([]);
  });

  it.each(TOKENS)(proves('masking.secrets', 'are masked, none of it left, behind %s'), (prefix, rest) => {
    const token = prefix + rest;
    expect(mask(`found ${token} here`)).toBe('found [masked:secret] here');
    expect(mask(`found=${token}`)).toBe('found=[masked:secret]');
    expect(mask({ note: `in ${JSON.stringify({ x: token })}.` })).toEqual({ note: 'in {"x":"[masked:secret]"}.' });
    expect(mask(`${token.slice(0, 5)}\u200b${token.slice(5)}`)).toBe('[masked:secret]');
  });

  it.each(TOKENS)('stay when they are too short or in the middle of a word, for %s', (prefix, rest) => {
    for (const text of [`found ${prefix}${rest.slice(0, 3)} here`, `foundX${prefix}`]) expect(mask(text)).toBe(text);
  });

  it.each([
    ['a client secret of Entra ID', `aB38Q~${letters(34)}`],
    ['a storage key', `${mixed(76)}+ASt${mixed(6)}==`],
    ['a key of Azure functions', `${mixed(44)}AzFu${mixed(6)}==`],
    ['a token of HCP Terraform', `${mixed(14)}.atlasv1.${mixed(67)}`],
    ['a token of a Telegram bot', `123456789:AA${mixed(33)}`],
    ['a key of Mailchimp', `${hex(32)}-us12`],
  ])('are masked by a mark inside: %s', (_what, token) => {
    expect(mask(`found ${token} here`)).toBe('found [masked:secret] here');
  });
});

describe('secrets by name', () => {
  it.each([
    ['password: hunter2', 'password: [masked:secret]'],
    ['password: swordfish', 'password: [masked:secret]'],
    ['DB_PASSWORD=s3cr!t-99 next', 'DB_PASSWORD=[masked:secret] next'],
    [
      'Server=db;User Id=sa;Password=p@ss:w0rd;Encrypt=true',
      'Server=db;User Id=sa;Password=[masked:secret];Encrypt=true',
    ],
    ['SMTP_PASS=abc-123', 'SMTP_PASS=[masked:secret]'],
    ['pwd="two words"', 'pwd="[masked:secret]"'],
    ['{"adminPassword": "a b,c"}', '{"adminPassword": "[masked:secret]"}'],
    ['{"password": "a\\"bcdefgh"}', '{"password": "[masked:secret]"}'],
    ['{"password": 12345678}', '{"password": 0}'],
    ["client_secret => 'a1b2c3d4e5'", "client_secret => '[masked:secret]'"],
    [`AccountName=a;AccountKey=${mixed(86)}==;X=y`, 'AccountName=a;AccountKey=[masked:secret];X=y'],
    [
      `SharedAccessKeyName=root;SharedAccessKey=${mixed(43)}=`,
      'SharedAccessKeyName=root;SharedAccessKey=[masked:secret]',
    ],
    [`https://x.example/c?sv=2024&sig=${mixed(40)}%3D&se=1`, 'https://x.example/c?sv=2024&sig=[masked:secret]&se=1'],
    [`Authorization: Bearer ${mixed(30)}`, 'Authorization: [masked:secret]'],
    ['Authorization: Basic YWxpY2U6aHVudGVyMg==', 'Authorization: [masked:secret]'],
    ['the API key: a1b2c3d4e5f6', 'the API key: [masked:secret]'],
    ['https://bob:pa55@db.example/x', 'https://[masked:secret]@db.example/x'],
    ['the password is hunter2.', 'the password is [masked:secret].'],
    ['Your new password is: Tr0ub4dor&3', 'Your new password is: [masked:secret]'],
    ['passphrase was changed to "correct horse battery"', 'passphrase was changed to "[masked:secret]"'],
    ['the API key is now a1b2c3d4e5f6', 'the API key is now [masked:secret]'],
    ["password = 'correct horse battery staple'", "password = '[masked:secret]'"],
    ['Password:\n  hunter2\nUser: bob', 'Password:\n  [masked:secret]\nUser: bob'],
    ['**Password:** hunter2', '**Password:** [masked:secret]'],
    ['Password: c*8UG&n^3!qq', 'Password: [masked:secret]'],
    ['https://x.example/?password=hunter2&next=1', 'https://x.example/?password=[masked:secret]&next=1'],
    ['Password=lEFWU9&vfX7m;Encrypt=True', 'Password=[masked:secret];Encrypt=True'],
    ['host:6380,password=a1b2c3=,ssl=True', 'host:6380,password=[masked:secret],ssl=True'],
    ['mongodb+srv://app:s3cr3t@c0.example/db', 'mongodb+srv://[masked:secret]@c0.example/db'],
    [`tokenghp_${mixed(36)}`, 'token[masked:secret]'],
    ['amqp://u:p%40ss@10.0.0.1', 'amqp://[masked:secret]@[masked:ip]'],
  ])(proves('masking.secrets', 'are masked in %j'), (text, expected) => {
    expect(mask(text)).toBe(expected);
    expect(mask(expected)).toBe(expected);
  });

  it('are masked whole under a key, in lists too, and not in objects below', () => {
    expect(mask({ password: 'a b', passwords: ['one', 'two'], clientSecret: 'a1b2c3d4', pin: '1' })).toEqual({
      ...{ password: '[masked:secret]', passwords: ['[masked:secret]', '[masked:secret]'] },
      ...{ clientSecret: '[masked:secret]', pin: '1' },
    });
    expect(mask({ password: 12345678, secret: { name: 'crm-key-2026' }, token: null })).toEqual({
      ...{ password: 0, secret: { name: 'crm-key-2026' }, token: null },
    });
  });

  it.each([
    'password: required',
    'tests pass: 1234',
    'password: please choose a new one',
    `password=$${'{DB_PASSWORD}'}`,
    'password: "********"',
    'The secret: work hard.',
    'passwordPolicy: strict-2026',
    'pageToken=CAUQ1234567890',
    'token: 2026-11-01',
    'ssh://git@host/repo',
    'https://docs.example/a:b@c',
    'Basic information about the plan',
    'the bearer of this letter',
    'the password is wrong',
    'the password is required.',
    'the key is under the mat',
    'password:\n  policy: strict',
    'password:\n  minimum: 12\n',
    'your token has expired',
  ])(proves('masking.secrets', 'leave %j'), (text) => {
    expect(mask(text)).toBe(text);
  });
});

describe('iban', () => {
  it.each([
    'GB82 WEST 1234 5698 7654 32',
    'GB82WEST12345698765432',
    'de89370400440532013000',
    'DE89-3704-0044-0532-0130-00',
    'NO93 8601 1117 947',
    'FR14 2004 1010 0505 0001 3M02 606',
    'MT84MALT011000012345MTLCAST001S',
  ])(proves('masking.iban', 'masks %s'), (number) => {
    expect(mask(`to ${number}, today`)).toBe('to [masked:iban], today');
    expect(mask(`to ${number} and go`)).toBe('to [masked:iban] and go');
  });

  it.each([
    'GB83 WEST 1234 5698 7654 32',
    'GB82 WEST 1234 5698 7654 3',
    'GB82WEST123456987654321',
    'ZZ82 WEST 1234 5698 7654 32',
    'XGB82WEST12345698765432',
    'GB82  WEST 1234 5698 7654 32',
  ])(proves('masking.iban', 'leaves %s'), (text) => {
    expect(mask(text)).toBe(text);
  });
});

describe('ip', () => {
  it.each(['192.0.2.7', '2001:db8::7', '2001:db8:0:0:8:800:200c:417a', '::ffff:192.0.2.128', '::1'])(
    proves('masking.ip', 'masks %s'),
    (ip) => {
      expect(mask(`from ${ip}.`)).toBe('from [masked:ip].');
    },
  );

  it.each(['256.1.1.1', '1.2.3', '1.2.3.4.5', '10:00:00', 'std::dec', 'v1.2.3.4', 'aa:bb:cc:dd:ee:ff'])(
    proves('masking.ip', 'leaves %s'),
    (text) => {
      expect(mask(text)).toBe(text);
    },
  );
});

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('jwt', () => {
  const signed = `${part({ alg: 'RS256' })}.${part({ sub: 'alice' })}.${mixed(43)}`;

  it.each([
    ['signed', signed],
    ['encrypted', `${part({ alg: 'dir', enc: 'A256GCM' })}..${mixed(16)}.${mixed(40)}.${mixed(22)}`],
    ['unsecured', `${part({ alg: 'none' })}.${part({ sub: 'a' })}.`],
    ['cut off', `${part({ alg: 'RS256' })}.${part({ sub: 'alice' })}`],
  ])(proves('masking.keys', 'is masked when %s'), (_how, token) => {
    expect(mask(`got ${token} here`)).toBe('got [masked:jwt] here');
    expect(mask({ x: [token] })).toEqual({ x: ['[masked:jwt]'] });
  });

  it('leaves the full stop of a sentence, and what is no header', () => {
    expect(mask(`got ${signed}.`)).toBe('got [masked:jwt].');
    const other = `${part({ typ: 'x' })}.${part({ a: 1 })}.abc`;
    expect(mask(other)).toBe(other);
  });
});

describe('private-key', () => {
  const pem = (label: string, body = `${mixed(64)}\n${mixed(30)}=\n`) =>
    `-----BEGIN ${label}-----\n${body}-----END ${label}-----`;

  it.each(['PRIVATE KEY', 'RSA PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'PGP PRIVATE KEY BLOCK'])(
    proves('masking.keys', 'masks a %s, as text and in JSON'),
    (label) => {
      expect(mask(`a\n${pem(label)}\nb`)).toBe('a\n[masked:private-key]\nb');
      expect(mask(JSON.stringify({ x: pem(label) }))).toBe('{"x":"[masked:private-key]"}');
    },
  );

  it('masks a key without its end, and two of which the first has none', () => {
    expect(mask(`x -----BEGIN PRIVATE KEY-----\n${mixed(64)}\n${mixed(20)}`)).toBe('x [masked:private-key]');
    const masked = mask(`-----BEGIN PRIVATE KEY-----\n${mixed(64)}. Then\n${pem('PRIVATE KEY')}`);
    expect(masked).toBe('[masked:private-key]. Then\n[masked:private-key]');
  });

  it('leaves certificates and public keys', () => {
    for (const text of [pem('CERTIFICATE'), pem('PUBLIC KEY')]) expect(mask(text)).toBe(text);
  });
});
