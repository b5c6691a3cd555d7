/**
 * The two parts of `rhea` that a server needs and its typings leave out: frames to write one by one, and messages
 * with the outcomes of their deliveries. Only what this folder uses is declared.
 */
interface RheaOutcome {
  /** The form that goes into a frame. */
  described(): object;
}

declare module 'rhea/lib/frames.js' {
  const frames: {
    disposition(fields: {
      /** True: this side is the receiver of the delivery. */
      role: boolean;
      first: number;
      last: number;
      settled: boolean;
      state: object;
    }): object;
  };
  // biome-ignore lint/style/noDefaultExport: a CommonJS module's exports are its default
  export default frames;
}

declare module 'rhea/lib/message.js' {
  const message: {
    encode(message: import('./wire.ts').WireMessage): Buffer;
    decode(content: Buffer): import('./wire.ts').WireMessage;
    accepted(fields: object): RheaOutcome;
    rejected(fields: { error: { condition: string; description: string } }): RheaOutcome;
  };
  // biome-ignore lint/style/noDefaultExport: a CommonJS module's exports are its default
  export default message;
}
