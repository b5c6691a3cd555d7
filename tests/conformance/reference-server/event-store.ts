/**
 * What one legacy session sent, so that a stream that broke can be taken up again with `Last-Event-ID` (MCP 2025-11-25,
 * Streamable HTTP, "Resumability and Redelivery"). In memory and bounded; an id from outside it resumes nothing.
 */
import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';

const keptMost = 1_000;

interface SentEvent {
  readonly stream: string;
  readonly message: JSONRPCMessage;
}

export function createEventStore(): EventStore {
  /** By event id, in the order in which they were sent. */
  const sent = new Map<string, SentEvent>();
  let count = 0;

  return {
    async storeEvent(stream, message) {
      count += 1;
      const id = `${count}`;
      sent.set(id, { stream, message });
      for (const oldest of sent.keys()) {
        if (sent.size <= keptMost) break;
        sent.delete(oldest);
      }
      return id;
    },

    async getStreamIdForEventId(id) {
      return sent.get(id)?.stream;
    },

    async replayEventsAfter(lastId, { send }) {
      const last = sent.get(lastId);
      if (last === undefined) throw new Error('no such event');
      for (const [id, { stream, message }] of sent) {
        // A priming event is a bare id: it is stored to be named, not to be sent again.
        const isPriming = !('method' in message || 'result' in message || 'error' in message);
        if (stream === last.stream && Number(id) > Number(lastId) && !isPriming) await send(id, message);
      }
      return last.stream;
    },
  };
}
