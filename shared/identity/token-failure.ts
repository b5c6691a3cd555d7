/**
 * Why a token was not accepted, with the facts for the transcript. None of them is the token, and none is shown to
 * the caller: `challenge.ts` makes the generic answer. What an unsigned part of a token says is cut short here.
 */

/** Who a token speaks for; known only once its signature is verified. */
export interface TokenHolder {
  readonly principal: string;
  readonly agent: string;
  readonly tokenId: string;
}

/** Before the signature is verified: nothing in the token can be believed. */
export type UnverifiedFailure =
  | { readonly reason: 'missing' }
  | { readonly reason: 'malformed'; readonly part: 'authorization' | 'size' | 'header' | 'signature' | 'claims' }
  | { readonly reason: 'wrong-type'; readonly type: string }
  | { readonly reason: 'wrong-algorithm'; readonly algorithm: string }
  | { readonly reason: 'unsafe-header'; readonly member: string }
  | { readonly reason: 'unknown-key'; readonly keyId: string }
  | { readonly reason: 'bad-signature' }
  | { readonly reason: 'keys-unavailable'; readonly cause?: unknown };

/** After it: the claims are the issuer's. */
export type ClaimFailure =
  | { readonly reason: 'bad-claim'; readonly claim: string; readonly holder?: TokenHolder }
  | { readonly reason: 'wrong-issuer'; readonly issuer: string; readonly holder: TokenHolder }
  | { readonly reason: 'wrong-tenant'; readonly tenant: string; readonly holder: TokenHolder }
  | { readonly reason: 'wrong-audience'; readonly audience: string; readonly holder: TokenHolder }
  | { readonly reason: 'expired'; readonly expiredAt: number; readonly holder: TokenHolder }
  | { readonly reason: 'not-yet-valid'; readonly validFrom: number; readonly holder: TokenHolder }
  | { readonly reason: 'insufficient-scope'; readonly wanted: string; readonly holder: TokenHolder }
  | { readonly reason: 'excess-scope'; readonly refused: string; readonly holder: TokenHolder };

export type TokenFailure = UnverifiedFailure | ClaimFailure;

/** For the transcript and the log; the reason itself stands beside it as the code. */
export function describeTokenFailure(failure: TokenFailure): string {
  const holder = 'holder' in failure && failure.holder !== undefined ? `; ${describeHolder(failure.holder)}` : '';
  return `${describeReason(failure)}${holder}`;
}

function describeReason(failure: TokenFailure): string {
  switch (failure.reason) {
    case 'missing':
      return 'no bearer token';
    case 'malformed':
      return `malformed ${failure.part}`;
    case 'wrong-type':
      return `typ ${clip(failure.type)}`;
    case 'wrong-algorithm':
      return `alg ${clip(failure.algorithm)}`;
    case 'unsafe-header':
      return `header has ${clip(failure.member)}`;
    case 'unknown-key':
      return `kid ${clip(failure.keyId)}`;
    case 'bad-signature':
      return 'the signature does not verify';
    case 'keys-unavailable':
      return 'the tenant’s signing keys can’t be had';
    case 'bad-claim':
      return `claim ${failure.claim}`;
    case 'wrong-issuer':
      return `iss ${clip(failure.issuer)}`;
    case 'wrong-tenant':
      return `tid ${failure.tenant}`;
    case 'wrong-audience':
      return `aud ${clip(failure.audience)}`;
    case 'expired':
      return `exp ${failure.expiredAt}`;
    case 'not-yet-valid':
      return `valid from ${failure.validFrom}`;
    case 'insufficient-scope':
      return `lacks ${failure.wanted}`;
    case 'excess-scope':
      return `has ${failure.refused} too`;
  }
}

function describeHolder({ principal, agent, tokenId }: TokenHolder): string {
  return `principal ${principal}, agent ${agent}, token ${clip(tokenId)}`;
}

const CLIP_CHARACTERS = 120;

/** Printable ASCII, quoted and bounded: it goes into a record that people read. */
function clip(text: string): string {
  const short = text.length > CLIP_CHARACTERS ? `${text.slice(0, CLIP_CHARACTERS)}…` : text;
  return JSON.stringify(short.replaceAll(/[^\x20-\x7e…]/g, '?'));
}
