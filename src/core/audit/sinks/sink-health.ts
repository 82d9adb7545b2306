/** How a sink is, for `sys/health` and the operator. */
export interface SinkHealth {
  readonly path: string;
  readonly type: string;
  readonly healthy: boolean;
  /** Code or kind of the newest failure, of a sink that is not healthy. */
  readonly failure: string | undefined;
  /** Lines written by this sink since the server started. */
  readonly lines: number;
  /** Lines that went to other sinks only, not yet told in this sink's log. */
  readonly missedLines: number;
  /** Why checkpoints are not signed at present. */
  readonly checkpointFailure: string | undefined;
}
