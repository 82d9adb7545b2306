import { readFileSync } from 'node:fs';
import type { Stage } from '../stage.ts';
import { searchFiles } from './api-keys.ts';

interface AuditEvent {
  readonly time: string;
  readonly auth?: { readonly display_name?: string; readonly policies?: readonly string[] };
  readonly request?: { readonly path?: string; readonly remote_address?: string };
}

async function showMakers(stage: Stage, operation: string): Promise<readonly AuditEvent[]> {
  const { narrator } = stage;
  narrator.command(`strongroom read sys/audit/query operation=${operation} limit=5`);
  const reply = await stage.request('GET', `sys/audit/query?operation=${operation}&limit=5`);
  const { events = [] } = (reply.json?.['data'] ?? {}) as { events?: readonly AuditEvent[] };
  const lines = events.map(
    ({ time, auth, request }) =>
      `${time}  ${auth?.display_name ?? '?'} [${auth?.policies?.join(', ') ?? ''}] from ${request?.remote_address}: ${request?.path}`,
  );
  narrator.answer(lines.join('\n'));
  return events;
}

export async function tellAudit(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.chapter('6. Audit', 'Every request left two lines: one before its effect, one before its answer.');
  narrator.say('Who made tokens and keys, when, from where, with which policies?');
  for (const operation of ['token.create', 'key.create']) {
    const events = await showMakers(stage, operation);
    const complete = events.every(
      ({ time, auth, request }) => time && auth?.display_name && auth.policies?.length && request?.remote_address,
    );
    narrator.check(events.length > 0 && complete, `${operation}: who, when, from where, with which policies`);
  }
  narrator.say('No secret is in the log in clear: values are keyed hashes.');
  const log = stage.file('data-audit.log');
  const searched = searchFiles([log], [stage.rootToken, 'correct horse battery staple', 'revenue=1200']);
  narrator.check(searched.found === 0, `${searched.bytes} bytes: neither the root token nor Anna's password`);
  narrator.say('The log can be checked offline, and a copy with one changed byte is found out.');
  await stage.cli(['audit', 'verify', log]);
  const altered = readFileSync(log);
  const line = 20;
  const at = placeInLine(altered, line);
  altered[at] = (altered[at] as number) ^ 1;
  const copy = stage.writeFile('altered.log', altered.toString('latin1'));
  const verdict = await stage.cli(['audit', 'verify', copy], { expect: 2 });
  narrator.check(new RegExp(`\\b${line}\\b`).test(verdict.stdout + verdict.stderr), `the verdict names line ${line}`);
}

/** A byte within the text of a line (counted from 1). */
function placeInLine(log: Buffer, line: number): number {
  let start = 0;
  for (let count = 1; count < line; count += 1) start = log.indexOf('\n', start) + 1;
  return log.indexOf('"time":"', start) + 10;
}
