/**
 * Operators' logs as one JSON line each on standard output or error, where the Functions host and Application Insights
 * pick them up: the host tells a warning from an error by these very words in a line. Of a cause only its kind, code and
 * message are written, never its properties: those may hold a request.
 */
import type { Log, LogFacts, LogLevel } from '../log.ts';
import { currentCallFacts } from './current-call.ts';

type Write = (level: LogLevel, line: string) => void;

const MAX_CAUSES = 4;
const MAX_MESSAGE = 500;

/** `known`: what is known besides, as of the call that is under way; what a line says itself comes first. */
export function createLog(
  write: Write = writeToProcess,
  nowMs: () => number = Date.now,
  known: () => LogFacts = currentCallFacts,
): Log {
  return (level, event, facts = {}, cause) => {
    const time = new Date(nowMs()).toISOString();
    const causes = cause === undefined ? {} : { cause: describeCauses(cause) };
    write(level, JSON.stringify({ time, level, event, ...defined({ ...known(), ...facts }), ...causes }));
  };
}

function writeToProcess(level: LogLevel, line: string): void {
  const stream = level === 'info' ? process.stdout : process.stderr;
  stream.write(`${line}\n`);
}

function defined(facts: LogFacts): LogFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/** The chain of causes, outermost first, bounded. */
function describeCauses(cause: unknown): string[] {
  const described: string[] = [];
  let current = cause;
  while (current !== undefined && current !== null && described.length < MAX_CAUSES) {
    described.push(describe(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return described;
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  const code = 'code' in cause && typeof cause.code === 'string' ? ` ${cause.code}` : '';
  return `${cause.name}${code}: ${cause.message.slice(0, MAX_MESSAGE)}`;
}
