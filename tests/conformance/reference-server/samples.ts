/** The smallest media that are what they say they are, and ways to say something in a result. */
import type { CallToolResult } from '@modelcontextprotocol/server';

/** One red pixel. */
export const pngBase64 = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC';

/** A header and no samples: 8 kHz, mono, 8 bits. */
export const wavBase64 = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

export function say(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}
