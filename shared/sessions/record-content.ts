/** Where the content of a record is: in its line, or in the side blob that the line names by its hash. */
import { sideBlobName } from '../transcripts/layout.ts';
import type { Line } from '../transcripts/line-schema.ts';
import type { RecordContent, RecordPlace } from './story.ts';

const LEFT_OUT: RecordContent = { kind: 'left-out' };

/** Undefined where the record has none. */
export function contentOf(line: Line, at: RecordPlace, isKept: boolean): RecordContent | undefined {
  const reference =
    ('requestRef' in line ? line.requestRef : undefined) ?? ('messageRef' in line ? line.messageRef : undefined);
  if (reference !== undefined) {
    if (!isKept) return LEFT_OUT;
    const name = sideBlobName(at.segment, reference.sha256);
    return { kind: 'side-blob', container: at.container, name, bytes: reference.bytes };
  }
  const value = 'request' in line ? line.request : 'message' in line ? line.message : undefined;
  if (value === undefined) return undefined;
  return isKept ? { kind: 'inline', value } : LEFT_OUT;
}
