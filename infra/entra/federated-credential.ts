/**
 * The federated credential by which the gateway's identity proves the registration, in the place of a client secret: there
 * is none to leak, to renew or to forget.
 */
import { z } from 'zod';
import type { Application } from './application.ts';
import { FEDERATED_NAME, TOKEN_EXCHANGE_AUDIENCE } from './desired.ts';
import type { GraphApi } from './graph-api.ts';

export interface FederatedOptions {
  readonly application: Pick<Application, 'id'>;
  readonly isNew: boolean;
  readonly issuer: string;
  readonly identity?: string;
}

const credentialSchema = z.object({
  id: z.string(),
  name: z.string(),
  issuer: z.string(),
  subject: z.string(),
  audiences: z.array(z.string()),
});

/** Whom else the registration trusts, a line each. Ours is made to fit: another identity under our name is an old one. */
export async function ensureFederatedCredential(
  graph: GraphApi,
  { application, isNew, issuer, identity }: FederatedOptions,
): Promise<readonly string[]> {
  const path = `/v1.0/applications/${application.id}/federatedIdentityCredentials`;
  const present = z.array(credentialSchema).parse(await graph.readAll(path, { isNew }));
  const ours = present.find(({ name }) => name === FEDERATED_NAME);
  const others = present.filter(({ name }) => name !== FEDERATED_NAME);
  if (identity !== undefined) {
    const body = { issuer, subject: identity, audiences: [TOKEN_EXCHANGE_AUDIENCE] };
    if (ours === undefined) {
      const change = { what: 'trust in the gateway’s identity', method: 'POST', path } as const;
      await graph.change({ ...change, body: { name: FEDERATED_NAME, ...body } }, { isNew });
    } else if (!isSame(ours, body)) {
      const change = {
        what: `trust in the gateway’s identity, in the place of ${ours.subject}`,
        method: 'PATCH',
      } as const;
      await graph.change({ ...change, path: `${path}/${ours.id}`, body });
    }
  }
  return others.map(({ name, subject }) => `it trusts another identity too: ${name} (${subject})`);
}

function isSame(
  ours: z.output<typeof credentialSchema>,
  wanted: { readonly issuer: string; readonly subject: string; readonly audiences: readonly string[] },
): boolean {
  const hasAudience = ours.audiences.length === 1 && ours.audiences[0] === wanted.audiences[0];
  return ours.issuer === wanted.issuer && ours.subject === wanted.subject && hasAudience;
}
