/**
 * What this person's own token tells of the app registration: it is for this gateway, and in the form of version 2.0,
 * which the registration has to ask for (FACTS §2). Read, not verified: the gateway does that. The token goes nowhere.
 */
import { z } from 'zod';
import { parseJson } from '../../../shared/json/parse.ts';
import { broken, type Check, doubt, type Finding, well } from './check.ts';
import { explainTrouble } from './explain-trouble.ts';

const NAME = 'registration';

const claimsSchema = z.object({ aud: z.string(), ver: z.string(), tid: z.string() });

export function createRegistrationCheck(options: { readonly signIn: () => Promise<string> }): Check {
  return {
    name: NAME,
    async look() {
      let token: string;
      try {
        token = await options.signIn();
      } catch (error) {
        const advice = 'Sign in (az login, azd auth login); the registration needs the identifier URI {gateway}/api';
        return [broken(NAME, `no token for the gateway’s API: ${explainTrouble(error)}`, advice)];
      }
      return [judge(readClaims(token))];
    },
  };
}

function judge(claims: z.output<typeof claimsSchema> | undefined): Finding {
  if (claims === undefined) {
    return doubt(NAME, 'the token can’t be read', 'It should be a token of Entra ID for the gateway’s API');
  }
  if (claims.ver !== '2.0') {
    const advice = 'Set api.requestedAccessTokenVersion to 2 in the registration’s manifest';
    return doubt(NAME, `Entra gives tokens of version ${claims.ver} for it`, advice);
  }
  return well(NAME, `Entra gives tokens of version 2.0 for ${claims.aud}`);
}

function readClaims(token: string): z.output<typeof claimsSchema> | undefined {
  const json = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const claims = claimsSchema.safeParse(json.ok ? json.value : undefined);
  return claims.success ? claims.data : undefined;
}
