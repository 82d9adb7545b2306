import type { CliContext, ExitCode } from '../context.ts';
import { tellApiKeys } from './chapters/api-keys.ts';
import { tellAudit } from './chapters/audit.ts';
import { tellCertificates } from './chapters/certificates.ts';
import { tellLeak } from './chapters/leak.ts';
import { tellPats } from './chapters/pats.ts';
import { tellShares, tellStart } from './chapters/start.ts';
import { tellTokens } from './chapters/tokens.ts';
import { DemoFailure, Narrator } from './narrator.ts';
import { Stage } from './stage.ts';

/** Tells the whole story. Ends with 0 when every check held, with 2 at the first that did not. */
export async function tellDemo(context: CliContext, options: { readonly stay: boolean }): Promise<ExitCode> {
  const narrator = new Narrator(context);
  const stage = new Stage(context, narrator);
  const started = performance.now();
  const interrupt = (): void => void stage.strike().finally(() => process.exit(130));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    await stage.prepare();
    await tellStory(context, stage);
    const { steps, checks } = narrator.counts;
    context.stdout.write(`\n${steps} steps, ${checks} checks, all as told (${seconds(started)} s).\n`);
    if (!options.stay) return 0;
    await stay(context, stage);
    return 0;
  } catch (error) {
    const why = error instanceof DemoFailure ? error.message : String(error);
    context.stderr.write(`\nthe demo stopped: ${why}\n${stage.serverLog()}\n`);
    return 2;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await stage.strike();
  }
}

const seconds = (started: number): string => ((performance.now() - started) / 1000).toFixed(1);

async function tellStory(context: CliContext, stage: Stage): Promise<void> {
  await tellStart(stage);
  const other = new Stage(context, stage.narrator);
  try {
    await other.prepare({ hsm: false });
    await tellShares(other);
  } finally {
    await other.strike();
  }
  for (const tell of [tellTokens, tellApiKeys, tellPats, tellCertificates, tellAudit, tellLeak]) await tell(stage);
}

/** Leaves the server to whoever reads, until Ctrl-C. */
async function stay(context: CliContext, stage: Stage): Promise<void> {
  const tokenFile = stage.writeFile('root-token', stage.rootToken);
  context.stdout.write(
    `\nThe server listens until Ctrl-C. In another shell:\n\n` +
      `  export STRONGROOM_ADDR=${stage.address} STRONGROOM_CACERT=${stage.caFile}\n` +
      `  export STRONGROOM_TOKEN=$(cat ${tokenFile})\n` +
      `  bin/strongroom token lookup\n` +
      `  bin/strongroom --help\n`,
  );
  await new Promise<void>((resolve) => {
    process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
    const timer = setInterval(() => {}, 60_000);
    const end = (): void => {
      clearInterval(timer);
      resolve();
    };
    process.once('SIGINT', end).once('SIGTERM', end);
  });
  context.stdout.write('\nended.\n');
}
