/** Field rules: the whole value of a field is data, whatever it looks like, wherever the field stands. */
import { describe, expect, it } from 'vitest';
import type { FieldRule } from '../../../shared/config/config.ts';
import type { Json } from '../../../shared/json/value.ts';
import { createMasker } from '../../../shared/masking/mask.ts';
import { proves } from '../../requirements.ts';

const NOBODY = new Set<string>();

const maskerOf = (rules: readonly FieldRule[], forServer: readonly FieldRule[] = []) =>
  createMasker({
    classes: ['email', 'salary', 'us-ssn'],
    custom: new Map([['salary', {}]]),
    rules,
    rulesOf: new Map([['hr', forServer]]),
  });

const structured = (value: Json) => ({ id: 1, result: { structuredContent: value } });
const text = (value: string) => ({ id: 1, result: { content: [{ type: 'text', text: value }] } });

function clientOf(rules: readonly FieldRule[], value: Json): Json {
  const { client, record } = maskerOf(rules).maskMessage(structured(value), { server: 'hr', revealed: NOBODY });
  expect(record).toEqual(client);
  return (client as unknown as ReturnType<typeof structured>).result.structuredContent;
}

function textOf(rules: readonly FieldRule[], value: string): string {
  const { client } = maskerOf(rules).maskMessage(text(value), { server: 'hr', revealed: NOBODY });
  return (client as unknown as ReturnType<typeof text>).result.content[0]?.text ?? '';
}

const SALARY = [{ class: 'salary', column: 'salary' }];

describe('a path', () => {
  const people = {
    people: [{ name: 'Ada', pay: { amount: 90_000, is_net: true, parts: [1, 'x', null] } }],
    pay: { amount: 1 },
  };

  it.each<[string, Json]>([
    [
      '$.people[0].pay.amount',
      { people: [{ name: 'Ada', pay: { amount: 0, is_net: true, parts: [1, 'x', null] } }], pay: { amount: 1 } },
    ],
    [
      '$..pay.amount',
      { people: [{ name: 'Ada', pay: { amount: 0, is_net: true, parts: [1, 'x', null] } }], pay: { amount: 0 } },
    ],
    [
      '$.people[*].pay',
      {
        people: [{ name: 'Ada', pay: { amount: 0, is_net: false, parts: [0, '[masked:salary]', null] } }],
        pay: { amount: 1 },
      },
    ],
    [
      '$.people[-1]["name"]',
      {
        people: [{ name: '[masked:salary]', pay: { amount: 90_000, is_net: true, parts: [1, 'x', null] } }],
        pay: { amount: 1 },
      },
    ],
    [
      '$..parts[0:2]',
      {
        people: [{ name: 'Ada', pay: { amount: 90_000, is_net: true, parts: [0, '[masked:salary]', null] } }],
        pay: { amount: 1 },
      },
    ],
    ['$.none', people],
  ])(proves('mask.field-rules', 'masks all that it leads to: %s'), (path, expected) => {
    expect(clientOf([{ class: 'salary', path }], people)).toEqual(expected);
  });

  it(proves('mask.field-rules', 'is followed into JSON in a text, whose form and exact numbers stay'), () => {
    const written = '{\n  "pay": {\n    "amount": 90000\n  },\n  "id": 9007199254740993\n}';
    expect(textOf([{ class: 'salary', path: '$.pay.amount' }], written)).toBe(written.replace('90000', '0'));
    const nested = JSON.stringify({ said: JSON.stringify({ pay: { amount: 90_000 } }) });
    expect(textOf([{ class: 'salary', path: '$.pay.amount' }], nested)).toBe(nested.replace('90000', '0'));
  });

  it('counts every value, and both forms agree', () => {
    const { exposure } = maskerOf([{ class: 'salary', path: '$.people' }]).maskMessage(structured(people), {
      server: 'hr',
      revealed: NOBODY,
    });
    expect(exposure).toEqual([{ class: 'salary', outcome: 'masked', count: 5 }]);
  });
});

describe('a column', () => {
  it(proves('mask.field-rules', 'is a name, whatever its case and signs, at any depth'), () => {
    const rules = [{ class: 'salary', column: 'annual_pay' }];
    const rows = [
      { 'Annual Pay': 'ninety', annualPay: 90_000.5 },
      { deep: { ANNUAL_PAY: { base: 1, bonus: [2] } } },
      { pay: 3 },
    ];
    expect(clientOf(rules, rows)).toEqual([
      { 'Annual Pay': '[masked:salary]', annualPay: 0 },
      { deep: { ANNUAL_PAY: { base: 0, bonus: [0] } } },
      { pay: 3 },
    ]);
  });

  it(proves('mask.field-rules', 'is a heading above rows, or beside them'), () => {
    const rows = [
      ['name', 'Salary'],
      ['Ada', 90_000],
      ['Bob', '80,000'],
    ];
    const masked = [
      ['name', 'Salary'],
      ['Ada', 0],
      ['Bob', '[masked:salary]'],
    ];
    expect(clientOf(SALARY, { table: rows })).toEqual({ table: masked });
    expect(clientOf(SALARY, { columns: rows[0] ?? [], rows: rows.slice(1) })).toEqual({
      columns: rows[0],
      rows: masked.slice(1),
    });
    expect(clientOf(SALARY, { fields: [{ name: 'name' }, { name: 'salary' }], data: rows.slice(1) })).toMatchObject({
      data: masked.slice(1),
    });
    expect(textOf(SALARY, JSON.stringify(rows))).toBe(JSON.stringify(masked));
  });

  it.each([
    [
      'CSV',
      'name,Salary,note\nAda,"90,000",ok\nBob,80000,"a ""b"""\n',
      'name,Salary,note\nAda,"[masked:salary]",ok\nBob,[masked:salary],"a ""b"""\n',
    ],
    ['CSV with line breaks in its cells', 'salary;name\r\n"1\n2";Ada\r\n', 'salary;name\r\n"[masked:salary]";Ada\r\n'],
    ['TSV', 'name\tsalary\nAda\t90 000', 'name\tsalary\nAda\t[masked:salary]'],
    [
      'a Markdown table',
      'Pay:\n\n| Name | Salary |\n|---|---:|\n| Ada | 90,000 |\n| Bob | 80,000 |\n\nEnd | of it',
      'Pay:\n\n| Name | Salary |\n|---|---:|\n| Ada | [masked:salary] |\n| Bob | [masked:salary] |\n\nEnd | of it',
    ],
    [
      'a Markdown table without outer bars',
      'Name | Salary\n--- | ---\nAda | 90',
      'Name | Salary\n--- | ---\nAda | [masked:salary]',
    ],
    [
      'lines',
      '# Ada\n- **Salary**: 90,000 EUR\n  salary = 90\nName: Ada',
      '# Ada\n- **Salary**: [masked:salary]\n  salary = [masked:salary]\nName: Ada',
    ],
  ])(proves('mask.field-rules', 'is found in %s'), (_what, given, expected) => {
    expect(textOf(SALARY, given)).toBe(expected);
    expect(textOf(SALARY, expected)).toBe(expected);
  });

  it('is no word of a sentence, and no name of the protocol', () => {
    const prose = 'Dear team, salary\nis paid on Monday, and more, and more.\nSee you.';
    expect(textOf(SALARY, prose)).toBe(prose);
    const rules = [{ class: 'salary', column: 'name' }];
    const tools = {
      id: 1,
      result: { tools: [{ name: 'read', inputSchema: { properties: { name: { type: 'string' } } } }] },
    };
    expect(maskerOf(rules).maskMessage(tools, { server: 'hr', revealed: NOBODY }).client).toBe(tools);
  });

  it(proves('mask.field-rules', 'goes for its server alone, where it stands there, and for requests on record'), () => {
    const masker = maskerOf([], SALARY);
    const given = structured({ salary: 1 });
    expect(masker.maskMessage(given, { server: 'crm', revealed: NOBODY }).client).toBe(given);
    expect(masker.maskMessage(given, { server: 'hr', revealed: NOBODY }).client).toEqual(structured({ salary: 0 }));
    const request = { name: 'raise', arguments: { salary: 90_000 } };
    expect(masker.maskRequest(request, 'hr')).toEqual({ name: 'raise', arguments: { salary: 0 } });
    expect(masker.maskRequest(request, 'crm')).toBe(request);
  });
});

describe('a revealed field', () => {
  it(proves('mask.field-rules', 'is shown, but for what else stands in it; its record stays masked'), () => {
    const masker = maskerOf([{ class: 'salary', column: 'pay' }]);
    const given = structured({ pay: { amount: 90_000, told: 'ada@example.com' } });
    const { client, record, exposure } = masker.maskMessage(given, { server: 'hr', revealed: new Set(['salary']) });
    expect(client).toEqual(structured({ pay: { amount: 90_000, told: '[masked:email]' } }));
    expect(record).toEqual(structured({ pay: { amount: 0, told: '[masked:salary]' } }));
    expect(exposure).toEqual([
      { class: 'email', outcome: 'masked', count: 1 },
      { class: 'salary', outcome: 'revealed', count: 2 },
    ]);
    const line = text('pay: ada@example.com');
    expect(masker.maskMessage(line, { server: 'hr', revealed: new Set(['salary']) }).client).toEqual(
      text('pay: [masked:salary+email]'),
    );
    expect(masker.maskMessage(line, { server: 'hr', revealed: new Set(['salary', 'email']) }).client).toBe(line);
  });
});
