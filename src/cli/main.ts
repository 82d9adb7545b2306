import { systemClock } from '../lib/index.ts';
import type { CliContext } from './context.ts';
import { findHomeFolder } from './home-folder.ts';
import { runCli } from './run.ts';

const args = process.argv.slice(2);
// The title takes the place of the command line in /proc/<pid>/cmdline: a secret written there stays a moment only.
process.title = 'strongroom';

const stopped = new AbortController();

/** A reader that went away (`| head`) ends the command quietly. */
function endOnBrokenPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.exit(2);
  });
}

endOnBrokenPipe(process.stdout);
endOnBrokenPipe(process.stderr);

const context: CliContext = {
  env: process.env,
  homeFolder: findHomeFolder(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  signal: stopped.signal,
  exitCode: 0,
};

// The loop is left to drain, so that a slow pipe gets everything that was written.
process.exitCode = await runCli(args, context);
