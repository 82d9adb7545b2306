import type { Answer, AuthBlock, WireObject, WireValue } from '../client/index.ts';
import { formatShortDuration, isJsonObject, SecretText } from '../lib/index.ts';
import type { CliContext } from './context.ts';
import type { Settings } from './settings.ts';
import { cellText, renderKeyValues, renderTable, revealSecrets, visibleText } from './table.ts';
import { UsageError } from './usage-error.ts';

/** What printing needs: where to, and how. */
export interface Printer {
  readonly context: CliContext;
  readonly settings: Settings;
}

/** Names under which servers send seconds: `ttl`, `max_lease_ttl`, `token_period`, `user_lockout_duration` and the like. */
const durationName = /(?:^|_)(?:ttl|period|duration)$/;

/** Of the fields an answer has, where a wrong one was asked for. */
const maxNamesTold = 30;

export function printWarnings({ context }: Printer, warnings: readonly string[]): void {
  for (const warning of warnings) context.stderr.write(`warning: ${visibleText(warning, false)}\n`);
}

/** Any value as JSON or YAML. */
export async function printStructured({ context, settings }: Printer, value: unknown): Promise<void> {
  const shown = revealSecrets(value);
  if (settings.format === 'yaml') {
    const { stringify } = await import('yaml');
    context.stdout.write(stringify(shown, { lineWidth: 0 }));
    return;
  }
  context.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`);
}

function authRows(auth: AuthBlock): Record<string, WireValue> {
  return {
    token: auth.client_token,
    token_accessor: auth.accessor,
    token_duration: auth.lease_duration,
    token_renewable: auth.renewable,
    token_policies: auth.token_policies ?? auth.policies,
    identity_policies: auth.identity_policies ?? [],
    policies: auth.policies,
    ...Object.fromEntries(Object.entries(auth.metadata ?? {}).map(([name, value]) => [`token_meta_${name}`, value])),
  };
}

function isObject(value: unknown): value is WireObject {
  return isJsonObject(value) && !(value instanceof SecretText);
}

function leaseRows(answer: Answer<unknown>): Record<string, WireValue> {
  if (answer.leaseId === '') return {};
  return { lease_id: answer.leaseId, lease_duration: answer.leaseDurationSeconds, lease_renewable: answer.renewable };
}

/** The named values an answer holds: of the log-in, else of the data. */
export function answerValues(answer: Answer<unknown>): Record<string, WireValue> {
  if (answer.auth !== null) return authRows(answer.auth);
  return { ...leaseRows(answer), ...(isObject(answer.data) ? answer.data : {}) };
}

/** Prints one value and nothing else; a line break is added for a terminal only, so that pipes get the value itself. */
export function printField({ context, settings }: Printer, values: Readonly<Record<string, unknown>>): void {
  const name = settings.field ?? '';
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined) {
    const names = Object.keys(values).filter((one) => values[one] !== undefined);
    const more = names.length > maxNamesTold ? ', …' : '';
    throw new UsageError(
      `the answer has no field "${visibleText(name, false)}"`,
      names.length === 0 ? 'it has no fields at all' : `it has: ${names.slice(0, maxNamesTold).join(', ')}${more}`,
    );
  }
  const shown = revealSecrets(value);
  const text = typeof shown === 'string' ? shown : JSON.stringify(shown);
  context.stdout.write(context.stdout.isTTY === true ? `${text}\n` : text);
}

/** Seconds as a duration, for tables: programs that read JSON get the number. */
export function humanValues(values: Readonly<Record<string, WireValue>>): Record<string, WireValue> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      durationName.test(name) && typeof value === 'number' ? formatShortDuration(value) : value,
    ]),
  );
}

/**
 * Prints an answer: as the server sent it for json and yaml, as key and value for a table.
 * `done` is the line that stands for an answer without values.
 */
export async function printAnswer(printer: Printer, answer: Answer<unknown>, done: string): Promise<void> {
  printWarnings(printer, answer.warnings);
  const values = answerValues(answer);
  if (printer.settings.field !== undefined) return printField(printer, values);
  if (printer.settings.format !== 'table') return printStructured(printer, answer.body);
  if (Object.keys(values).length === 0) printLine(printer, done);
  else printer.context.stdout.write(renderKeyValues(humanValues(values)));
}

/** Prints names one a line; json and yaml give a plain list of them. */
export async function printKeys(
  printer: Printer,
  answer: Answer<{ readonly keys?: readonly string[] }>,
): Promise<void> {
  printWarnings(printer, answer.warnings);
  const keys = answer.data?.keys ?? [];
  if (printer.settings.field !== undefined) return printField(printer, { keys });
  if (printer.settings.format !== 'table') return printStructured(printer, keys);
  printer.context.stdout.write(
    renderTable(
      ['Keys'],
      keys.map((key) => [key]),
    ),
  );
}

/** Prints items as rows; json and yaml give what the server sent. `columns` are names of members. */
export async function printItems(
  printer: Printer,
  structured: unknown,
  columns: readonly string[],
  items: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  if (printer.settings.field !== undefined) return printField(printer, isObject(structured) ? structured : {});
  if (printer.settings.format !== 'table') return printStructured(printer, structured);
  const heads = columns.map((column) => column.charAt(0).toUpperCase() + column.slice(1).replaceAll('_', ' '));
  const rows = items.map((item) => columns.map((column) => cellText(item[column] ?? '')));
  printer.context.stdout.write(renderTable(heads, rows));
}

/** A line for a person: on standard output in table form, else not at all. */
export function printLine({ context, settings }: Printer, text: string): void {
  if (settings.format === 'table') context.stdout.write(`${visibleText(text)}\n`);
}
