/** Which segments a verification is about: by what their names say, so that nothing else is read. */
import type { SegmentParts } from './layout.ts';

export interface VerifyScope {
  readonly session?: string;
  readonly server?: string;
  /** UTC days of opening, `yyyy/mm/dd`, both included. */
  readonly since?: string;
  readonly until?: string;
}

export function isInScope({ session, server, since, until }: VerifyScope, parts: SegmentParts): boolean {
  if (session !== undefined && parts.session !== session) return false;
  if (server !== undefined && parts.server !== server) return false;
  return isDayInScope({ ...(since && { since }), ...(until && { until }) }, parts.day);
}

export function isDayInScope({ since, until }: Pick<VerifyScope, 'since' | 'until'>, day: string): boolean {
  return (since === undefined || day >= since) && (until === undefined || day <= until);
}

/** Then what is no segment at all is reported too. */
export function isWhole(scope: VerifyScope): boolean {
  return Object.values(scope).every((value) => value === undefined);
}
