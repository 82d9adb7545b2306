import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { DemoFailure } from './narrator.ts';

const startDeadlineMillis = 20_000;
const stopDeadlineMillis = 15_000;
const pollMillis = 40;

export interface ServerStart {
  /** The launcher, `bin/strongroom`. */
  readonly program: string;
  readonly configFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the server answers at its address, sealed or not. */
  readonly answers: () => Promise<boolean>;
}

/** The server as an operator runs it: a process of its own, ended by SIGTERM. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #log: string[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log.push(text);
      if (this.#log.length > 200) this.#log.shift();
    });
    child.stdout?.resume();
  }

  static async start(start: ServerStart): Promise<ServerProcess> {
    const child = spawn(start.program, ['server', `-config=${start.configFile}`], {
      env: start.env as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = new ServerProcess(child);
    const deadline = performance.now() + startDeadlineMillis;
    while (performance.now() < deadline) {
      if (child.exitCode !== null || child.signalCode !== null) break;
      if (await start.answers()) return server;
      await new Promise((resolve) => setTimeout(resolve, pollMillis));
    }
    await server.stop();
    throw new DemoFailure(`the server did not start:\n${server.lastLog()}`);
  }

  lastLog(): string {
    return this.#log.join('').trimEnd().split('\n').slice(-8).join('\n');
  }

  /** Ends it as a service manager does, and answers its exit code. */
  async stop(): Promise<number> {
    const child = this.#child;
    if (child.exitCode !== null) return child.exitCode;
    if (child.signalCode !== null) return 128;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMillis);
    const [code] = (await gone) as [number | null];
    clearTimeout(timer);
    return code ?? 128;
  }
}
