/**
 * What an Entra token says, v1 and v2, delegated and app-only, access and ID: shapes only (FACTS §2).
 * Claims that decide something must have their type; those that only inform are dropped where they don't.
 */
import { z } from 'zod';

const guid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)
  .toLowerCase();

const seconds = z.number().min(0);
const shown = z.string().max(256).optional().catch(undefined);

export const claimsSchema = z.object({
  ver: z.enum(['1.0', '2.0']),
  iss: z.string(),
  tid: guid,
  /** Entra issues one audience; a list would leave open which of them was meant. */
  aud: z.string(),
  exp: seconds,
  nbf: seconds.optional(),
  iat: seconds,
  oid: guid,
  sub: z.string().optional(),
  /** The client app: `azp` in v2, `appid` in v1. */
  azp: guid.optional(),
  appid: guid.optional(),
  idtyp: z.string().optional(),
  /** Scopes, one space between them; only in delegated tokens. */
  scp: z.string().optional(),
  /** App roles. */
  roles: z.array(z.string()).optional(),
  groups: z.array(z.string()).optional(),
  /** Either of these instead of `groups`: there were too many for the token. */
  hasgroups: z.union([z.boolean(), z.string()]).optional(),
  _claim_names: z.record(z.string(), z.unknown()).optional(),
  /** 1: a guest of the tenant. */
  acct: z.union([z.number(), z.string()]).optional(),
  /** Of ID tokens only: binds one to the sign-in that asked for it. */
  nonce: z.string().optional(),
  uti: z.string().min(1).max(128).optional(),
  jti: z.string().min(1).max(128).optional(),
  name: shown,
  preferred_username: shown,
  unique_name: shown,
  app_displayname: shown,
});

export type Claims = z.output<typeof claimsSchema>;
