/**
 * Who may import whom (DESIGN §3). Each rule's comment is the reason a reviewer would give.
 * Layers from the top; an import may only go down, and within the core only along the arrows named there.
 */
const layers = [
  ['functions'],
  ['shared/azure'],
  ['shared/gateway'],
  ['shared/pages', 'shared/api'],
  ['shared/calls', 'shared/reviews'],
  ['shared/sessions'],
  ['shared/approvals', 'shared/mcp'],
  [
    'shared/policy',
    'shared/masking',
    'shared/drift',
    'shared/limits',
    'shared/credentials',
    'shared/identity',
    'shared/transcripts',
  ],
  ['shared/keys', 'shared/config'],
  ['shared/json', 'shared/telemetry', 'shared/result\\.ts', 'shared/log\\.ts'],
];

const room = (folders) => `^(${folders.join('|')})(/|$)`;

const upward = layers.slice(1).map((folders, index) => ({
  name: `no-way-up-from-${folders[0].replace(/^shared\//, '').replace('\\.ts', '')}`,
  severity: 'error',
  comment:
    'Imports run down the layers of DESIGN §3: functions, azure, gateway, pages and api, calls and reviews, sessions, mcp, domains, keys and config, json.',
  from: { path: room(folders) },
  to: { path: room(layers.slice(0, index + 1).flat()) },
}));

/** The parts of the product that know no cloud: everything but functions/ and shared/azure/. */
const domain = '^shared/(?!azure/)';

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'Two files that import each other are one file that pretends to be two.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'azure-sdk-only-in-azure',
      severity: 'error',
      comment: 'Only shared/azure and functions/ know an Azure SDK; a domain gets a port (DESIGN §3).',
      from: { path: domain },
      to: { path: 'node_modules/@azure/' },
    },
    {
      name: 'product-knows-no-infra',
      severity: 'error',
      comment: 'What is deployed must not lean on the embedded stack, the CLI or the tests.',
      from: { path: '^(functions|shared)/' },
      to: { path: '^(infra|tests)/' },
    },
    {
      name: 'product-knows-no-dev-dependency',
      severity: 'error',
      comment: 'A dev dependency is not in the deployed package.',
      from: { path: '^(functions|shared)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'An import that resolves to nothing fails at run time.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
