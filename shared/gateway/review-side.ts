/**
 * Access reviews over the gateway's parts (DESIGN §1): for the pages, the API and the timer that builds them. Reads stand
 * with the server's own records, decisions and sign-offs under `_gateway`. Loaded when first asked for.
 */
import { noteAdministration, recordAdministration } from '../calls/administration.ts';
import type { CallParts } from '../calls/parts.ts';
import { recordText } from '../calls/received.ts';
import { recordView } from '../calls/record-view.ts';
import { LEASE_MS } from '../calls/release.ts';
import { createBlockAdministration } from '../identity/blocks/administer-blocks.ts';
import { buildDue } from '../reviews/build-due.ts';
import { createBuilder } from '../reviews/build-report.ts';
import { type AskQuestion, createAsk } from '../reviews/create-ask.ts';
import { createReviews } from '../reviews/create-reviews.ts';
import type { PeriodSource } from '../reviews/read-period.ts';
import { createReportShelf } from '../reviews/report-shelf.ts';
import type { Reviews } from '../reviews/reviews.ts';
import type { GatewayPorts } from './ports.ts';

export interface ReviewSide {
  readonly reviews: Reviews;
  readonly ask: AskQuestion;
  /** Timer. */
  buildDue(): Promise<void>;
}

/** After a stream's lifetime, for its outcome to be recorded. */
const STREAM_MARGIN_MS = 30_000;

export function createReviewSide(parts: CallParts, ports: GatewayPorts): ReviewSide {
  const { config, policy, blocks, nowMs, deadline, log } = parts;
  const store = ports.reviewStore;
  const source: Omit<PeriodSource, 'nowMs'> = {
    reader: ports.transcripts,
    endorsingKey: ports.endorsingKey,
    leaseMs: LEASE_MS,
    streamLeaseMs: config.limits.streamMs + STREAM_MARGIN_MS,
  };
  const servers = new Set(config.servers.keys());
  const shelf = createReportShelf({ store, blobs: ports.reportBlobs });
  const build = createBuilder({
    ...source,
    config,
    policy,
    members: ports.groupMembers,
    listBlocks: () => blocks.list(),
    nowMs,
    log,
  });
  const shared = {
    servers,
    policy,
    recordView: (view: Parameters<typeof recordView>[1]) => recordView(parts, view),
    nowMs,
    deadline,
  };
  return {
    reviews: createReviews({
      ...shared,
      store,
      shelf,
      build,
      blocks: createBlockAdministration({
        blocks,
        record: (note) => recordAdministration(parts, note),
        note: (note) => noteAdministration(parts, note),
        nowMs,
      }),
      record: (note) => recordAdministration(parts, note),
      note: (note) => noteAdministration(parts, note),
      recordForm: (text) => recordText(parts, text),
      randomHex: (digits) => Buffer.from(ports.randomBytes(digits / 2)).toString('hex'),
      log,
    }),
    ask: createAsk({ ...shared, source, classes: new Set(config.masking.classes) }),
    buildDue: () => buildDue({ servers, store, shelf, build, nowMs, deadline, log }),
  };
}
