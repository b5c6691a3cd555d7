/**
 * Who calls: what a verified access token says (DESIGN §1, §2.1). A principal is a user or an app;
 * in a delegated call the client app is the agent, an app-only caller is principal and agent both.
 */
export interface Principal {
  readonly kind: 'user' | 'app';
  /** Entra object id (`oid`), lower case. */
  readonly id: string;
  /** For people to read; never for a decision. */
  readonly name?: string;
  /** The token says it is a guest of the tenant (`acct` = 1). */
  readonly guest: boolean;
}

export interface Agent {
  /** The client app's id (`azp` or `appid`), lower case. */
  readonly id: string;
  readonly name?: string;
}

export interface Caller {
  readonly tenant: string;
  readonly principal: Principal;
  readonly agent: Agent;
  /** Group object ids from the token, or `overage` where Entra left them out (FACTS §2). */
  readonly groups: readonly string[] | 'overage';
  /** `uti` or `jti`: names the token without being it. */
  readonly tokenId: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}
