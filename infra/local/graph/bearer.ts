/**
 * The door of the Graph stand-in: a bearer token of this tenant for Microsoft Graph, its signature verified with the
 * authority's keys. It asks neither who the caller is nor which permissions it was granted.
 */
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { GraphProblem } from './problem.ts';

/** The same in every tenant. */
export const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';
/** By Graph's identifier URI or its app id: Entra writes the one that was asked for. */
const AUDIENCES = ['https://graph.microsoft.com', GRAPH_APP_ID];

/** Throws a 401 `GraphProblem`. */
export type BearerCheck = (authorization: string | undefined) => Promise<void>;

export function createBearerCheck(options: { readonly tenantId: string; readonly keysUrl: string }): BearerCheck {
  const keys = createRemoteJWKSet(new URL(options.keysUrl));

  async function isGood(token: string): Promise<boolean> {
    const verified = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      audience: AUDIENCES,
      requiredClaims: ['exp'],
    }).catch(() => undefined);
    return verified?.payload.tid === options.tenantId;
  }

  return async (authorization) => {
    const [, token] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
    if (token === undefined) throw refused('Access token is empty.');
    if (!(await isGood(token))) throw refused('Access token validation failure.');
  };
}

function refused(message: string): GraphProblem {
  return new GraphProblem(401, 'InvalidAuthenticationToken', message);
}
