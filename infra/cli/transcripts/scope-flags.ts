/**
 * What of the transcripts a command is about, and which seals its user kept: flags as people write them, in the form that
 * the verifier takes. Throws `CommandFailure` for what is neither.
 */
import { readFile } from 'node:fs/promises';
import { dayOf } from '../../../shared/transcripts/layout.ts';
import { hashBytes, readSeal } from '../../../shared/transcripts/seals/sign-document.ts';
import type { Anchor } from '../../../shared/transcripts/seals/verify-chain.ts';
import type { VerifyScope } from '../../../shared/transcripts/verify-scope.ts';
import { CommandFailure } from '../outcome.ts';

export interface ScopeFlags {
  readonly session?: string;
  readonly server?: string;
  readonly since?: string;
  readonly until?: string;
}

const DAY_MS = 86_400_000;

export function readScope({ session, server, since, until }: ScopeFlags, nowMs: number): VerifyScope {
  return {
    ...(session !== undefined && { session }),
    ...(server !== undefined && { server }),
    ...(since !== undefined && { since: readDay('--since', since, nowMs) }),
    ...(until !== undefined && { until: readDay('--until', until, nowMs) }),
  };
}

/** `2026-11-22`, or `7d`: so many days ago. As the day's path in a segment's name. */
function readDay(flag: string, text: string, nowMs: number): string {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  const ms = days === undefined ? Date.parse(`${text}T00:00:00.000Z`) : nowMs - Number(days) * DAY_MS;
  const day = Number.isNaN(ms) ? '' : dayOf(new Date(ms).toISOString());
  // A day that no calendar has is moved to the next month by some parsers, and refused by others.
  if (days === undefined && day.replaceAll('/', '-') !== text) {
    throw new CommandFailure(`${flag} must be a day, as 2026-11-22, or a number of days ago, as 7d`);
  }
  return day;
}

/** `NUMBER:HASH`, or a file: a seal as it was downloaded. */
export async function readAnchor(text: string): Promise<Anchor> {
  const [, number, sha256] = /^([1-9]\d{0,9}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (number !== undefined && sha256 !== undefined) return { number: Number(number), sha256 };
  let bytes: Buffer;
  try {
    bytes = await readFile(text);
  } catch (cause) {
    throw new CommandFailure(`--anchor is neither NUMBER:HASH nor a file that can be read: ${text}`, { cause });
  }
  const seal = readSeal(bytes);
  if (!seal.ok) throw new CommandFailure(`the anchor ${text} is not a seal`);
  return { number: seal.value.number, sha256: hashBytes(bytes) };
}
