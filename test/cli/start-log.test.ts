import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ServerProcess } from '../harness/server-process.ts';

const canary = (): string => `canary-${randomBytes(12).toString('hex')}`;

const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;

test('AUD-11: no secret of the environment, the configuration or a caller is in the log, at any level', {
  timeout: 90_000,
}, async () => {
  const env = Object.fromEntries(
    [
      'STRONGROOM_HSM_PIN',
      'STRONGROOM_TOKEN',
      'VAULT_TOKEN',
      'BAO_TOKEN',
      'AWS_SECRET_ACCESS_KEY',
      'DATABASE_URL',
      'HTTPS_PROXY',
    ].map((name) => [name, canary()]),
  );
  const server = await ServerProcess.start({ env, stanzas: () => 'log_level = "trace"\n' });
  const secrets = Object.values(env);
  try {
    const { share, rootToken } = await server.initialise();
    secrets.push(share, rootToken, Buffer.from(share, 'hex').toString('base64'));
    const password = canary();
    secrets.push(password, readFileSync(join(server.folder, 'tls', 'server.key'), 'utf8').split('\n')[2] ?? '');
    // A module that is not there: everything on the way to a token is tried, and its failure told.
    const hsm = `hsm "pkcs11" {\n  lib = "${join(server.folder, 'none.so')}"\n  token_label = "none"\n}\n`;
    const written = readFileSync(server.configFile, 'utf8') + hsm;
    for (const level of levels) {
      writeFileSync(server.configFile, written.replace(/log_level = "\w+"/, `log_level = "${level}"`));
      server.signal('SIGTERM');
      await server.ended();
      await server.startAgain();
      await server.call('GET', `secret/data/${password}`, { token: rootToken });
      await server.call('POST', 'sys/unseal', { body: { key: share } });
      await server.call('POST', 'auth/token/create', { token: rootToken, body: { ttl: 'x', meta: { password } } });
      await server.call('POST', 'sys/unseal', { body: { key: password } });
      await server.call('GET', `secret/data/${password}`, { token: password });
      server.signal('SIGHUP');
      expect((await server.call('GET', 'sys/health')).status).toBe(200);
    }
    expect(server.log.length).toBeGreaterThan(1_000);
    expect(server.log).toContain('"level":20');
    for (const secret of secrets) expect(server.log.includes(secret), secret.slice(0, 9)).toBe(false);
  } finally {
    await server.stop();
  }
});
