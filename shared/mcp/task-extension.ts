/** Whether a modern request's client knows tasks (MCP 2026-07-28, extension io.modelcontextprotocol/tasks). */
import { isObject } from '../json/value.ts';
import type { RequestMessage } from './message.ts';
import { META_CLIENT_CAPABILITIES, TASKS_EXTENSION } from './protocol.ts';

export function declaresTasks({ params }: RequestMessage): boolean {
  const meta = params?._meta;
  const capabilities = isObject(meta) ? meta[META_CLIENT_CAPABILITIES] : undefined;
  const extensions = isObject(capabilities) ? capabilities.extensions : undefined;
  return isObject(extensions) && Object.hasOwn(extensions, TASKS_EXTENSION);
}
