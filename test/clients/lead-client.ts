import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientProgram, type ClientRun, runClientProgram } from './client-program.ts';
import { ServerProcess } from './server-process.ts';
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
    let seen: Readonly<Record<string, string>>;
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
      const files = readDatabase(join(server.folder, 'data'));
      const auditText = server.readAudit();
      audit = auditText
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as AuditLine);
      serverExit = await server.stop();
      seen = { 'the program': run.output, 'the audit log': auditText, 'the server log': server.log, database: files };
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

    it.each(['the program', 'the audit log', 'the server log', 'database'])(
      'no secret is in what %s wrote',
      (place) => {
        const text = seen[place] ?? '';
        const found = Object.entries(secrets).filter(([, secret]) => text.includes(secret));
        expect(found.map(([name]) => name)).toEqual([]);
        // Tokens and shares are not known here; a token would show by its prefix.
        expect(text.match(/\bhvs\.[A-Za-z0-9_-]{20,}/g)?.length ?? 0).toBe(0);
      },
    );

    it('the audit log has a request and an answer of every kind of work', () => {
      expect(audit.length).toBeGreaterThan(steps.length);
      const answered = new Set(audit.filter(({ type }) => type === 'response').map(({ request }) => request.path));
      const paths = [
        'sys/policies/acl/app',
        'sys/policy/app',
        'auth/token/create',
        'secret/data/app/one',
        'pki/revoke',
      ];
      expect(paths.filter((path) => answered.has(path)).length).toBeGreaterThanOrEqual(paths.length - 1);
    });

    it('the server ends with 0 when it is told to', () => {
      expect(serverExit, server?.log).toBe(0);
    });
  });
}

interface AuditLine {
  readonly type: string;
  readonly request: { readonly path: string };
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
