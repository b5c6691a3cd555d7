/**
 * Who is a guest of the tenant, asked of Microsoft Graph (`userType`, with User.Read.All): Teams does not say. An account
 * of which Graph does not say it either, as of some old synchronised ones, is not taken for a member.
 */
import { z } from 'zod';
import type { GuestSource } from '../approvals/replies/replies.ts';
import { err, ok } from '../result.ts';
import { createGraphClient, type GraphOptions } from './graph-client.ts';

const userSchema = z.object({ userType: z.enum(['Member', 'Guest']) });
const userIdSchema = z.guid();

export function createGraphGuestSource(options: GraphOptions): GuestSource {
  const startLookup = createGraphClient(options);

  return {
    async isGuest(userId) {
      try {
        const id = userIdSchema.parse(userId);
        const graph = await startLookup();
        const { userType } = userSchema.parse(await graph.ask(`users/${id}?$select=userType`));
        return ok(userType === 'Guest');
      } catch (cause) {
        return err(cause);
      }
    },
  };
}
