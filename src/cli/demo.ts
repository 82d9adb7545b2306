import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { addCommand, onMachine } from './define-command.ts';
import { switchFlag } from './flag-values.ts';

/** `strongroom demo`: the main jobs, told step by step against a real server of its own. */
export function registerDemo(program: Command, context: CliContext): void {
  const command = addCommand(
    program,
    'demo',
    'Starts a server of its own (TLS, SQLite, SoftHSM) and shows the main jobs on it, step by step.',
    ['strongroom demo', 'strongroom demo -stay    # the server stays until Ctrl-C, for trying things out'],
  ).option('--stay', 'leave the server running at the end, and say how to reach it');
  onMachine(command, context, async (flags) => {
    const { tellDemo } = await import('./demo/tell-demo.ts');
    return tellDemo(context, { stay: switchFlag(flags, 'stay') });
  });
}
