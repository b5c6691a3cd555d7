/** What holds of identity for any input: a changed token is never another caller, a claimed address never counts. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { findCallerAddress } from '../../shared/identity/address.ts';
import type { Caller } from '../../shared/identity/caller.ts';
import { answerTokenFailure } from '../../shared/identity/challenge.ts';
import { answerResourceMetadata } from '../../shared/identity/resource-metadata.ts';
import { describeTokenFailure } from '../../shared/identity/token-failure.ts';
import { createIssuer, crm, type Issuer, v2Issuer, verifierOver } from '../unit/identity/tokens.ts';

let issuer: Issuer;
let token: string;
let caller: Caller;
beforeAll(async () => {
  issuer = await createIssuer();
  token = await issuer.mint();
  const verified = await verifierOver(issuer.keys).verify(`Bearer ${token}`, crm);
  if (!verified.ok) throw new Error('a test’s own mistake');
  caller = verified.value;
});

describe('a token', () => {
  it('with any character changed is refused, or is still the same caller', async () => {
    const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'];
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.constantFrom(...alphabet), async (at, character) => {
        const index = at % token.length;
        const changed = `${token.slice(0, index)}${character}${token.slice(index + 1)}`;
        const verified = await verifierOver(issuer.keys).verify(`Bearer ${changed}`, crm);
        if (verified.ok) expect(verified.value).toEqual(caller);
        else expect(answerTokenFailure(verified.error, { resource: '', metadataUrl: '', scope: '' }).status).toBe(401);
      }),
      { numRuns: 300 },
    );
  });

  it('that is any text at all is refused, and described in one printable line', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `Bearer ${text}`),
        ),
        async (authorization) => {
          const verified = await verifierOver(issuer.keys).verify(authorization, crm);
          expect(verified.ok).toBe(false);
          if (!verified.ok) expect(describeTokenFailure(verified.error)).toMatch(/^[ -~’…]{1,300}$/);
        },
      ),
    );
  });
});

describe('the caller’s address', () => {
  it('never depends on what stands left of the trusted proxies', () => {
    fc.assert(
      fc.property(fc.string(), fc.ipV4(), fc.array(fc.ipV4(), { maxLength: 3 }), (claimed, address, proxies) => {
        const forwardedFor = [claimed, address, ...proxies].join(', ');
        expect(findCallerAddress(forwardedFor, proxies.length + 1)).toBe(address);
      }),
    );
  });

  it('is an address or unknown, for any header', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.ipV6(),
          fc.ipV6().map((ip) => `[${ip}]:1`),
        ),
        fc.nat(4),
        (header, hops) => {
          expect(findCallerAddress(header, hops)).toMatch(/^(unknown|[0-9a-f.:]+)$/);
        },
      ),
    );
  });
});

describe('the resource metadata', () => {
  it('is a document for a well-formed name or nothing, for any path', () => {
    const options = { publicUrl: 'https://h', resource: 'exact', scope: 's', issuer: v2Issuer } as const;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((server) => `mcp/${server}`),
        ),
        (path) => {
          expect(answerResourceMetadata(path, options).status === 200).toBe(/^mcp\/[a-z][a-z0-9-]{0,31}$/.test(path));
        },
      ),
    );
  });
});
