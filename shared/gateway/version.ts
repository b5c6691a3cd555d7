/** What this build calls itself in genesis records; a test keeps it in step with package.json. */
export const VERSION = '0.1.0';

/** Version of the transcript format (DESIGN §6). */
export const TRANSCRIPT_FORMAT = 1;
