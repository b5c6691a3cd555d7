/**
 * Mistakes in policies as `ConfigProblem`s with file, line and column. Messages are for the author of the policies:
 * they quote names from the files, which hold no secret.
 */
import type { ConfigProblem, PolicySource } from '../config/config.ts';
import { indexOfByte, positionAt, type Span } from './policy-text.ts';

/** What Cedar says of a mistake; offsets in bytes of the text it was given. */
export interface CedarError {
  readonly message: string;
  readonly help: string | null;
  readonly sourceLocations?: readonly { readonly start: number }[];
}

export interface PlacedPolicy {
  readonly id: string;
  readonly span: Span;
}

/** A mistake of a whole policy, at its first line. */
export function problemAt(source: PolicySource, policy: PlacedPolicy, message: string): ConfigProblem {
  return { file: source.file, path: policy.id, ...positionAt(source.text, policy.span.start), message };
}

/** A mistake that Cedar found in the whole file, or in one policy that it was given alone; with its hint. */
export function explainError(source: PolicySource, error: CedarError, policy?: PlacedPolicy): ConfigProblem {
  const text = policy?.span.text ?? source.text;
  const [place] = error.sourceLocations ?? [];
  const index = (policy?.span.start ?? 0) + (place === undefined ? 0 : indexOfByte(text, place.start));
  const hint = error.help === null ? '' : ` (${error.help})`;
  return {
    file: source.file,
    path: policy?.id ?? '',
    ...positionAt(source.text, index),
    message: `${plainMessage(error.message)}${hint}`,
  };
}

/** Cedar repeats the policy's id and how it was called; both stand elsewhere in the line. */
function plainMessage(message: string): string {
  return message.replace(/^for policy `[^`]*`[:,] /, '').replace(/^failed to parse polic(?:y|ies) from string: /, '');
}
