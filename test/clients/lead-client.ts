import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '../harness/server-process.ts';
import { type ClientProgram, type ClientRun, runClientProgram } from './client-program.ts';
import { steps } from './steps.ts';

/** A program as far as the test of its client knows it: the server's address and the secrets are added here. */
export type ClientSettings = Pick<ClientProgram, 'command' | 'args' | 'env'>;

/**
 * Leads one client through all steps against a server of its own, each step a test; then looks for the secrets that
 * went through, wherever the server or the program wrote something.
 */
export function leadClient(title: string, prepare: () => Promise<ClientSettings>): void {
  describe(title, () => {
    const secrets = { password: newSecret(), changed_password: newSecret(), value: newSecret() };
    let server: ServerProcess | undefined;
    let run: ClientRun;
    let seen: Readonly<Record<(typeof places)[number], string>>;
    let audit: readonly AuditLine[];
    let serverExit: number | null;

    beforeAll(async () => {
      const settings = await prepare();
      server = await ServerProcess.start();
      run = await runClientProgram({
        ...settings,
        env: { ...settings.env, PATH: process.env['PATH'] ?? '', HOME: server.folder, ...addressOf(server) },
        input: JSON.stringify(secrets),
      });
      const database = readDatabase(join(server.folder, 'data'));
      const auditText = server.readAudit();
      audit = auditText
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as AuditLine);
      serverExit = await server.stop();
      seen = {
        'what the program printed': run.output,
        'the audit log': auditText,
        'the server log': server.log,
        'the database': database,
      };
    });
    // Again where the set-up broke off: no server outlives its test.
    afterAll(() => server?.stop());

    it.each(steps)('%s', (name) => {
      const report = run.reports.find((one) => one.name === name);
      expect(report, `the program did not report this step; it said: ${run.stderr.slice(-2_000)}`).toBeDefined();
      expect(report?.ok, report?.detail).toBe(true);
    });

    it('every step is known here, in this order, and the program ended well', () => {
      expect(run.reports.map(({ name }) => name)).toEqual(steps);
      expect(run.exitCode, run.stderr.slice(-2_000)).toBe(0);
    });

    it.each(places)('no secret shows in %s', (place) => {
      const text = seen[place];
      const found = Object.entries(secrets).filter(([, secret]) => text.includes(secret));
      // The tokens made on the way are not known here, only what they look like.
      const token = /\b(?:hvs|srs|srb)\.[\w-]{20,}/.test(text) ? ['a token'] : [];
      expect([...found.map(([name]) => name), ...token]).toEqual([]);
    });

    it('the audit log has every request with its answer', () => {
      const ids = (type: string) => audit.filter((line) => line.type === type).map(({ request }) => request?.id);
      expect(ids('request').length).toBeGreaterThan(steps.length);
      expect(ids('response')).toEqual(expect.arrayContaining(ids('request')));
      const answered = audit.filter(({ type }) => type === 'response').map(({ request }) => request?.path);
      expect(answered).toEqual(
        expect.arrayContaining([
          'auth/token/create',
          'auth/userpass/login/ada',
          'pki/revoke',
          'secret/data/app/one',
          'sys/mounts/pki',
          'sys/seal',
        ]),
      );
    });

    it('the server ends with 0 when it is told to', () => {
      expect(serverExit, server?.log).toBe(0);
    });
  });
}

/** Where a secret could be left behind. */
const places = ['what the program printed', 'the audit log', 'the server log', 'the database'] as const;

interface AuditLine {
  readonly type: string;
  /** Absent in lines about the log itself. */
  readonly request?: { readonly id: string; readonly path: string };
}

const newSecret = (): string => `canary-${randomBytes(15).toString('hex')}`;

/** Every client by its own words. */
const addressOf = (server: ServerProcess): Record<string, string> => ({
  VAULT_ADDR: server.address,
  VAULT_CACERT: server.caFile,
  BAO_ADDR: server.address,
  BAO_CACERT: server.caFile,
});

/** All bytes of the database, journal included, each byte one character. */
const readDatabase = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
