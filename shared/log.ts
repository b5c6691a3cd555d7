/**
 * The port for operators' logs: an event name in kebab-case, and facts that hold no secret, no token and no payload.
 * The rich reason of a refusal goes here and to the transcript, never to the caller.
 */
export type LogLevel = 'info' | 'warn' | 'error';

export type LogFacts = Readonly<Record<string, string | number | boolean | undefined>>;

export type Log = (level: LogLevel, event: string, facts?: LogFacts, cause?: unknown) => void;
