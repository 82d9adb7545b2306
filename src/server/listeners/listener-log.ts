type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** Where the listeners write; pino's logger fits. Fields never hold bytes a client sent. */
export interface ListenerLog {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}
