/**
 * The names of everything a transcript leaves in Blob Storage (DESIGN §6): the one owner of these names,
 * used by the writer and by the verifier. A name is built from allow-listed parts only; nothing from a URL or a token.
 */
import type { SessionRef } from './entry.ts';

const SERVER = '(?:[a-z][a-z0-9-]{0,31}|_gateway)';
const SESSION = '[a-z0-9][a-z0-9-]{0,63}';
const WRITER = '[0-9a-f]{32}';
const SEGMENT = `(${SERVER})/(\\d{4}/\\d{2}/\\d{2})/(${SESSION})/(${WRITER})-([1-9]\\d{0,8})`;

const serverPattern = new RegExp(`^${SERVER}$`);
const sessionPattern = new RegExp(`^${SESSION}$`);
/** A container's name is at most 63 characters, without two hyphens in a row. */
const retentionPattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const segmentPattern = new RegExp(`^${SEGMENT}\\.jsonl$`);
const sideBlobPattern = new RegExp(`^(${SEGMENT})/([0-9a-f]{64})$`);

const CONTAINER_PREFIX = 'transcripts-';
const SEGMENT_SUFFIX = '.jsonl';
const MAX_CONTAINER_NAME = 63;

export interface SegmentParts {
  readonly server: string;
  /** UTC day on which the segment was opened, `yyyy/mm/dd`. */
  readonly day: string;
  readonly session: string;
  /** 32 lower-case hex digits. */
  readonly writer: string;
  /** Counts a writer's segments, from 1. */
  readonly number: number;
}

export function transcriptContainer(retention: string): string {
  return `${CONTAINER_PREFIX}${retention}`;
}

export function isTranscriptContainer(container: string): boolean {
  return container.startsWith(CONTAINER_PREFIX) && retentionPattern.test(container.slice(CONTAINER_PREFIX.length));
}

/** Whether names can be built from it. Anything else is a bug of the caller, and must never reach a blob's path. */
export function isNameable(session: SessionRef): boolean {
  return (
    serverPattern.test(session.server) &&
    sessionPattern.test(session.id) &&
    retentionPattern.test(session.retention) &&
    transcriptContainer(session.retention).length <= MAX_CONTAINER_NAME
  );
}

/** Seals and manifests, beside the transcripts. */
export const SEALS_CONTAINER = 'seals';

const CHAIN = 'chain/';
const MANIFESTS = 'manifests/';
const SEALS_IN_FOLDER = 1_000;
const sealPattern = /^chain\/(\d{7})\/(\d{10})\.json$/;
const manifestPattern = /^manifests\/(\d{4}\/\d{2}\/\d{2})\.json$/;

/** The number alone makes the name, so that two sealers can't both write the next one. Names sort as numbers do. */
export function sealName(number: number): string {
  return `${sealFolder(number)}${String(number).padStart(10, '0')}.json`;
}

/** Of a thousand seals, with its slash. */
export function sealFolder(number: number): string {
  return `${CHAIN}${String(Math.floor(number / SEALS_IN_FOLDER)).padStart(7, '0')}/`;
}

export function parseSealName(name: string): number | undefined {
  const [, , digits = ''] = sealPattern.exec(name) ?? [];
  const number = Number(digits);
  return number > 0 && sealName(number) === name ? number : undefined;
}

export const sealPrefixes = { chain: CHAIN, manifests: MANIFESTS } as const;

/** `day`: `yyyy/mm/dd`. */
export function manifestName(day: string): string {
  return `${MANIFESTS}${day}.json`;
}

export function parseManifestName(name: string): string | undefined {
  return manifestPattern.exec(name)?.[1];
}

/** UTC day of an ISO 8601 time (`2026-11-22T…Z`) as a path: `2026/11/22`. */
export function dayOf(isoTime: string): string {
  return isoTime.slice(0, 10).replaceAll('-', '/');
}

export function segmentName(parts: SegmentParts): string {
  return `${parts.server}/${parts.day}/${parts.session}/${parts.writer}-${parts.number}${SEGMENT_SUFFIX}`;
}

export function parseSegmentName(name: string): SegmentParts | undefined {
  const [, server, day, session, writer, number] = segmentPattern.exec(name) ?? [];
  if (!server || !day || !session || !writer || !number) return undefined;
  return { server, day, session, writer, number: Number(number) };
}

/** `sha256`: lower-case hex, of the content's bytes in record form. */
export function sideBlobName(segment: string, sha256: string): string {
  return `${segment.slice(0, -SEGMENT_SUFFIX.length)}/${sha256}`;
}

/** The segment and the hash that a side blob's name states. */
export function parseSideBlobName(name: string): { readonly segment: string; readonly sha256: string } | undefined {
  const match = sideBlobPattern.exec(name);
  const folder = match?.[1];
  const sha256 = match?.at(-1);
  return folder && sha256 ? { segment: `${folder}${SEGMENT_SUFFIX}`, sha256 } : undefined;
}
