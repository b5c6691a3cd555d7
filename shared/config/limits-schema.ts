/**
 * `limits` of gateway.yaml, as people write them: each with its default and its bounds. How much of anything the gateway
 * takes, and for how long; nothing here may be switched off.
 */
import { z } from 'zod';

const MIB = 1024 * 1024;

export const limits = z.strictObject({
  requestBytes: z
    .int()
    .min(1_024)
    .max(100 * MIB)
    .default(4 * MIB)
    .describe('Bytes of one request.'),
  answerBytes: z
    .int()
    .min(1_024)
    .max(1_024 * MIB)
    .default(64 * MIB)
    .describe('Bytes of one whole answer.'),
  eventBytes: z
    .int()
    .min(1_024)
    .max(256 * MIB)
    .default(16 * MIB)
    .describe('Bytes of one SSE event.'),
  maskingMs: z
    .int()
    .min(50)
    .max(60_000)
    .default(2_000)
    .describe('Masking of one message; what is not looked through by then is withheld.'),
  depth: z.int().min(8).max(512).default(64).describe('JSON nesting.'),
  firstByteMs: z.int().min(100).max(240_000).default(30_000).describe('Time to the upstream’s first byte.'),
  deadlineMs: z.int().min(100).max(240_000).default(240_000).describe('Time of one whole exchange.'),
  streamMs: z.int().min(100).max(3_600_000).default(600_000).describe('Lifetime of a stream of notices.'),
  headerBytes: z
    .int()
    .min(1_024)
    .max(1_024 * 1_024)
    .default(14_336)
    .describe(
      'Header fields of one request together. Node’s own limit is 16 KiB: to go beyond it, raise that one too.',
    ),
  principal: z
    .strictObject({
      callsAtOnce: z.int().min(1).max(10_000).default(32).describe('Calls on their way at once, at each instance.'),
      streamsAtOnce: z
        .int()
        .min(1)
        .max(10_000)
        .default(8)
        .describe('Streams of notices open at once, at each instance.'),
      callsPerMinute: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(600)
        .describe('Requests begun within a minute, at all instances.'),
    })
    .prefault({})
    .describe('Of one person or app.'),
  server: z
    .strictObject({
      callsAtOnce: z.int().min(1).max(100_000).default(256).describe('Calls on their way at once, at each instance.'),
      streamsAtOnce: z
        .int()
        .min(1)
        .max(100_000)
        .default(256)
        .describe('Streams of notices open at once, at each instance.'),
    })
    .prefault({})
    .describe('Of one server, all callers together.'),
});
