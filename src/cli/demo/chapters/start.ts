import type { Stage } from '../stage.ts';

interface Initialised {
  readonly root_token: string;
  readonly keys_base64?: readonly string[];
  readonly recovery_keys_base64?: readonly string[];
}

const parse = <T>(text: string): T => JSON.parse(text) as T;

/** Initialise with a PKCS#11 seal, restart, find it unsealed. */
export async function tellStart(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.chapter(
    '1. Start',
    'A server with TLS 1.3, its store in SQLite, its root key wrapped by a key inside a PKCS#11 token (SoftHSM here).',
  );
  await stage.startServer('data', 'hsm');
  narrator.say('Initialise it, once in its life. Nobody has to type key shares later: the token unseals the server.');
  const init = await stage.cli(['operator', 'init', '-recovery-shares=3', '-recovery-threshold=2'], { token: '' });
  const made = parse<Initialised>(init.stdout);
  stage.rootToken = made.root_token;
  narrator.check(made.recovery_keys_base64?.length === 3, 'three recovery shares were printed, this once');
  const status = parse<Record<string, unknown>>((await stage.cli(['status'], { token: '' })).stdout);
  narrator.check(status['type'] === 'pkcs11' && status['sealed'] === false, 'the seal is the token, and it is open');

  narrator.say('End it as a service manager would, and start it again.');
  const code = await stage.stopServer();
  narrator.check(code === 0, 'SIGTERM: it finished what was in flight and ended with 0');
  await stage.startServer('data', 'hsm');
  const again = parse<Record<string, unknown>>((await stage.cli(['status'], { token: '' })).stdout);
  narrator.check(again['sealed'] === false, 'it unsealed itself');
}

/** The same without a token: five key shares, three of which open it. */
export async function tellShares(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.say('Without an HSM the root key is split into shares (Shamir). Another server, in a folder of its own:');
  await stage.startServer('shares', 'shares');
  const init = await stage.cli(['operator', 'init', '-key-shares=5', '-key-threshold=3'], { token: '' });
  const made = parse<Initialised>(init.stdout);
  stage.rootToken = made.root_token;
  const shares = made.keys_base64 ?? [];
  narrator.check(shares.length === 5, 'five shares were printed; the server starts its life sealed');
  for (const [index, share] of shares.slice(0, 3).entries()) {
    const given = await stage.cli(['operator', 'unseal', '-'], { token: '', stdin: share });
    const { sealed } = parse<{ sealed: boolean }>(given.stdout);
    narrator.check(sealed === index < 2, index < 2 ? `${index + 1} of 3: still sealed` : '3 of 3: unsealed');
  }
  narrator.say('Seal it: the keys leave memory, and nothing is answered.');
  await stage.cli(['operator', 'seal']);
  const refused = await stage.curl('GET', 'auth/token/lookup-self', { tokenName: '$ROOT_TOKEN' });
  narrator.check(refused.status === 503, 'a sealed server answers 503, whoever asks');
  narrator.say('Any three of the five open it again.');
  const others = await stage.cli(['operator', 'unseal', '-'], { token: '', stdin: shares.slice(2).join('\n') });
  narrator.check(parse<{ sealed: boolean }>(others.stdout).sealed === false, 'unsealed by the other three');
  const code = await stage.stopServer();
  narrator.check(code === 0, 'and ended');
}
