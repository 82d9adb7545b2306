import { type Command, Option } from 'commander';
import type { CliContext, ExitCode } from '../context.ts';
import { addCommand, collect, onMachine } from '../define-command.ts';
import { repeatedFlag, switchFlag, textFlag } from '../flag-values.ts';
import { UsageError } from '../usage-error.ts';

/** `strongroom server`: the one command that runs the product rather than talks to it. */
export function registerServer(program: Command, context: CliContext): void {
  const command = addCommand(program, 'server', 'Runs a server.', [
    'strongroom server -config=/etc/strongroom/strongroom.hcl',
    'strongroom server -dev -dev-root-token-id=root    # in memory, unsealed: for trying things out alone',
  ])
    .option('--config <file>', 'configuration file or folder, HCL or JSON; repeatable', collect)
    .option('--dev', 'run in memory, unsealed, with a printed root token; never for real secrets')
    .option('--dev-root-token-id <token>', 'root token of a -dev server')
    .option('--dev-listen-address <host:port>', 'address of a -dev server (127.0.0.1:8200)')
    .addOption(
      new Option('--log-level <level>', 'how much is logged').choices(['trace', 'debug', 'info', 'warn', 'error']),
    );
  onMachine(command, context, async (flags) => {
    const dev = switchFlag(flags, 'dev');
    const config = repeatedFlag(flags, 'config');
    const devRootTokenId = textFlag(flags, 'devRootTokenId');
    const devListenAddress = textFlag(flags, 'devListenAddress');
    const logLevel = textFlag(flags, 'logLevel');
    if (!dev && config.length === 0) throw new UsageError('a server needs -config=FILE', 'or -dev for one in memory');
    if (dev && config.length > 0) {
      throw new UsageError(
        '-dev and -config exclude each other',
        'a -dev server reads no configuration: take out one of the two',
      );
    }
    if (config.includes(''))
      throw new UsageError('-config is empty', 'name a file or folder; is a shell variable unset?');
    if (!dev && (devRootTokenId !== undefined || devListenAddress !== undefined)) {
      throw new UsageError('-dev-root-token-id and -dev-listen-address go with -dev alone');
    }
    const { runServer } = await import('../../server/index.ts');
    const code = await runServer({
      dev,
      config,
      ...(devRootTokenId === undefined ? {} : { devRootTokenId }),
      ...(devListenAddress === undefined ? {} : { devListenAddress }),
      ...(logLevel === undefined ? {} : { logLevel }),
    });
    const exitCode: ExitCode = code === 0 ? 0 : code === 1 ? 1 : 2;
    return exitCode;
  });
}
