import type { CliContext } from './context.ts';

/** Shows `text` on standard error while `work` runs, on a terminal only, and takes it away again. */
export async function withProgress<T>(context: CliContext, text: string, work: () => Promise<T>): Promise<T> {
  const shown = context.stderr.isTTY === true;
  if (shown) context.stderr.write(`${text} …`);
  try {
    return await work();
  } finally {
    if (shown) context.stderr.write('\r\u001b[K');
  }
}
