import { type RunOptions, type RunResult, runInProcess } from './in-process.ts';
import { envelope, type Handler, startResponder } from './responder.ts';

interface Ran extends RunResult {
  /** `VERB path body` of each request. */
  readonly sent: readonly string[];
}

/** Runs a command in this process against a server that answers what `handler` says. */
export async function run(
  args: readonly string[],
  handler: Handler = () => envelope({ keys: [] }),
  options: RunOptions = {},
): Promise<Ran> {
  await using server = await startResponder(handler);
  const result = await runInProcess(args, { ...options, env: { VAULT_ADDR: server.address, VAULT_TOKEN: 'srs.own' } });
  const sent = server.requests.map(({ method, url, body }) => `${method} ${url.slice('/v1/'.length)} ${body}`.trim());
  return { ...result, sent };
}
