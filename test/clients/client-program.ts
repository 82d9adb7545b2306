import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';

const deadlineMillis = 120_000;

const stepReport = z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string() });
export type StepReport = z.infer<typeof stepReport>;

export interface ClientProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Written to the program's standard input: secrets do not belong among its arguments. */
  readonly input: string;
}

export interface ClientRun {
  readonly reports: readonly StepReport[];
  readonly exitCode: number | null;
  /** Standard output and standard error as they came. */
  readonly output: string;
  readonly stderr: string;
}

/** Runs a program that prints one line of JSON a step, and reads its lines. */
export async function runClientProgram(program: ClientProgram): Promise<ClientRun> {
  const child = spawn(program.command, program.args, {
    env: program.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: deadlineMillis,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A program that ends before it has read its input says why by its exit code, not by our broken pipe.
  child.stdin.on('error', () => undefined).end(program.input);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const reports = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => readReport(line));
  return { reports, exitCode, output: stdout + stderr, stderr };
}

function readReport(line: string): StepReport {
  try {
    return stepReport.parse(JSON.parse(line));
  } catch (cause) {
    throw new Error(`the client program wrote a line that is no report: ${line.slice(0, 200)}`, { cause });
  }
}
