/**
 * One step of the story: what it tells, and how it is played. A step finds out by itself whether it was as told; one that
 * throws was not.
 */
import type { Stack } from '../stack-file.ts';

export interface Finding {
  /** Decides the exit code. */
  readonly isAsTold: boolean;
  /** For people; may have several lines. */
  readonly shown: string;
}

export interface Step {
  readonly told: string;
  play(): Promise<Finding>;
}

/** Where the story is played. */
export interface Scene {
  readonly stack: Stack;
  readonly dataDir: string;
  /** The folder of package.json. */
  readonly appDir: string;
}

/** Nothing masked holds any of these. */
export const PERSONAL_DATA =
  /\b\d{3}-\d{2}-\d{4}\b|[\w.]+@[\w.]+\.(?:com|org|net)|\b4\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b/;

/** What an earlier step should have left behind. */
export function demand<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('an earlier step did not get as far as this one needs');
  return value;
}

export function shorten(text: string): string {
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}
