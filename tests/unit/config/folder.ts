/** A configuration folder in memory, for tests of the loader; `gateway` replaces gateway.yaml, null leaves a file out. */
import { digestTool } from '../../../shared/config/tool-digest.ts';
import type { JsonObject } from '../../../shared/json/value.ts';

export interface Files {
  readonly gateway?: string | Uint8Array | null;
  readonly policies?: string | Uint8Array | null;
  readonly lock?: string | Uint8Array | null;
}

export const refundPayment: JsonObject = {
  name: 'refund_payment',
  description: 'Pays money back.',
  inputSchema: { type: 'object', properties: { amount: { type: 'integer' } } },
};

export const goodLock = JSON.stringify({
  version: 1,
  servers: { crm: { refund_payment: { digest: digestTool(refundPayment), definition: refundPayment } } },
});

export const goodGateway = `
version: 1
groups:
  finance: 5A11E000-0000-4000-8000-0000000000A2
quorums:
  finance:
    from:
      - { group: finance }
servers:
  crm:
    url: \${CRM_URL}
    credential: { secret: crm-api-key, header: X-Api-Key }
    retention: standard
    tools:
      refund_payment: { labels: [destructive] }
transcripts:
  retention:
    standard: { days: 365 }
`;

export const goodPolicies = '@id("x") permit (principal, action, resource);';

export function loadOptions(
  files: Files = {},
  variables: Readonly<Record<string, string>> = { CRM_URL: 'http://127.0.0.1:9000/mcp' },
) {
  const { gateway = goodGateway, policies = goodPolicies, lock = goodLock } = files;
  const contents: Readonly<Record<string, string | Uint8Array | null>> = {
    'conf/gateway.yaml': gateway,
    'conf/policies.cedar': policies,
    'conf/tools.lock.json': lock,
  };
  return {
    folder: 'conf',
    variables: (name: string) => variables[name],
    readFile: async (path: string) => {
      const content = contents[path];
      if (content === null || content === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      return typeof content === 'string' ? new TextEncoder().encode(content) : content;
    },
  };
}
