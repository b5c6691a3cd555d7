import { describe, expect, it } from 'vitest';
import {
  isTranscriptContainer,
  parseSegmentName,
  parseSideBlobName,
  segmentName,
  sideBlobName,
} from '../../../shared/transcripts/layout.ts';

const parts = {
  server: '_gateway',
  day: '2026/11/22',
  session: 'k12-00ff',
  writer: '0123456789abcdef0123456789abcdef',
  number: 12,
};

describe('names in storage', () => {
  it('are read back as they were made', () => {
    expect(segmentName(parts)).toBe('_gateway/2026/11/22/k12-00ff/0123456789abcdef0123456789abcdef-12.jsonl');
    expect(parseSegmentName(segmentName(parts))).toEqual(parts);
    const sha256 = 'ab'.repeat(32);
    expect(parseSideBlobName(sideBlobName(segmentName(parts), sha256))).toEqual({
      segment: segmentName(parts),
      sha256,
    });
  });

  it.each([
    segmentName(parts).replace('_gateway', '_other'),
    segmentName(parts).replace('-12.', '-012.'),
    segmentName(parts).replace('/22/', '/2/'),
    segmentName(parts).toUpperCase(),
    `${segmentName(parts)}.bak`,
    `../${segmentName(parts)}`,
  ])('are not taken from %s', (name) => {
    expect(parseSegmentName(name)).toBeUndefined();
  });

  it('know their containers', () => {
    expect(isTranscriptContainer('transcripts-seven-years')).toBe(true);
    expect(isTranscriptContainer('transcripts-')).toBe(false);
    expect(isTranscriptContainer('azure-webjobs-hosts')).toBe(false);
  });
});
