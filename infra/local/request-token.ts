/**
 * Asks the Entra stand-in for an access token, as `npm run token` and the demo do. Local only: `/_token` mints whatever
 * it is asked for, which no real authority does.
 */
import { z } from 'zod';

const tokenAnswer = z.object({ access_token: z.string() });

/** `user`, or `app` for an app-only token. Rejects with the stand-in's own words. */
export async function requestToken(
  entra: string,
  wanted: { readonly user?: string; readonly app?: string; readonly agent?: string },
): Promise<string> {
  const response = await fetch(`${entra}/_token`, { method: 'POST', body: JSON.stringify(wanted) });
  const body: unknown = await response.json();
  const token = tokenAnswer.safeParse(body);
  if (!token.success) throw new Error(`${entra} answered ${response.status} and no token: ${JSON.stringify(body)}`);
  return token.data.access_token;
}
