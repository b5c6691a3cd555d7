/** Which segments a verification is about: by what their names say, so that nothing else is read. */
import type { SegmentParts } from './layout.ts';

export interface VerifyScope {
  readonly session?: string;
  readonly server?: string;
  /** UTC days of opening, `yyyy/mm/dd`, both included. */
  readonly since?: string;
  readonly until?: string;
  /**
   * ISO 8601. Segments opened before `since` too, where a seal of this moment or later names them: one may have been
   * written to for days, and whether it still stands must not decide whether it is missed.
   */
  readonly touchedSince?: string;
}

export function isInScope({ session, server, since, until }: VerifyScope, parts: SegmentParts): boolean {
  if (session !== undefined && parts.session !== session) return false;
  if (server !== undefined && parts.server !== server) return false;
  return isDayInScope({ ...(since && { since }), ...(until && { until }) }, parts.day);
}

/** Whether a seal of that moment brings a segment into scope that it names. */
export function isNamedInScope(scope: VerifyScope, parts: SegmentParts, sealTime: string): boolean {
  if (isInScope(scope, parts)) return true;
  const { since: _, touchedSince, ...rest } = scope;
  return touchedSince !== undefined && sealTime >= touchedSince && isInScope(rest, parts);
}

export function isDayInScope({ since, until }: Pick<VerifyScope, 'since' | 'until'>, day: string): boolean {
  return (since === undefined || day >= since) && (until === undefined || day <= until);
}

/** Then what is no segment at all is reported too. */
export function isWhole(scope: VerifyScope): boolean {
  return Object.values(scope).every((value) => value === undefined);
}
