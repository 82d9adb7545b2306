import type { Command } from 'commander';
import { ApiError, type WireObject } from '../../client/index.ts';
import { isJsonObject } from '../../lib/index.ts';
import type { CliContext } from '../context.ts';
import { addCommand, collect, onServer } from '../define-command.ts';
import { listFlag, numberFlag } from '../flag-values.ts';
import { readKeyValues } from '../key-value-args.ts';
import { printAnswer, printField, printKeys, printStructured, printWarnings } from '../print.ts';
import type { Session } from '../session.ts';
import { renderKeyValues } from '../table.ts';
import { UsageError } from '../usage-error.ts';
import { registerKvMetadata } from './kv-metadata.ts';
import { addKvCommand, needVersion2, resolvePath } from './kv-path.ts';

/** A deleted version answers 404 and still says when it was made and deleted. */
function printDeletedVersion(context: CliContext, error: unknown): void {
  const data = error instanceof ApiError ? error.answerData() : undefined;
  if (!isJsonObject(data) || !isJsonObject(data.metadata)) return;
  context.stderr.write(renderKeyValues(data.metadata));
}

async function printSecret(session: Session, data: WireObject, metadata: WireObject | undefined): Promise<void> {
  if (session.settings.field !== undefined) return printField(session, data);
  const { stdout } = session.context;
  if (metadata !== undefined) stdout.write(`Metadata\n${renderKeyValues(metadata)}\nData\n`);
  stdout.write(renderKeyValues(data));
}

function registerGet(group: Command, context: CliContext): void {
  const command = addKvCommand(group, 'get <path>', 'Reads a secret.', [
    'strongroom kv get secret/app',
    'strongroom kv get -field=password -version=3 secret/app',
  ]).option('--version <number>', 'an older version');
  onServer(command, context, async (session, flags, path: string) => {
    const found = await resolvePath(session, flags, path);
    const version = numberFlag(flags, 'version');
    if (version !== undefined) needVersion2(found.mount, '-version');
    try {
      const answer = await session.client.kv.get(found.mount, found.path, version);
      printWarnings(session, answer.warnings);
      if (session.settings.format !== 'table' && session.settings.field === undefined) {
        return printStructured(session, answer.body);
      }
      const whole = answer.data ?? {};
      const data = found.mount.version === 2 ? (whole.data ?? {}) : whole;
      await printSecret(session, data as WireObject, found.mount.version === 2 ? whole.metadata : undefined);
    } catch (error) {
      printDeletedVersion(context, error);
      throw error;
    }
  });
}

function registerPut(group: Command, context: CliContext): void {
  const command = addKvCommand(
    group,
    'put <path> [values...]',
    'Writes a secret: name=value, name=@file, name=-, or JSON with -.',
    [
      'strongroom kv put secret/app user=app password=@password.txt',
      'strongroom kv put -cas=0 secret/app - < app.json',
    ],
  ).option('--cas <number>', 'write only if this is the current version (0: only if there is none)');
  onServer(command, context, async (session, flags, path: string, words: readonly string[]) => {
    if (words.length === 0) throw new UsageError('there are no values to write');
    const cas = numberFlag(flags, 'cas');
    const data = await readKeyValues(context, words);
    const found = await resolvePath(session, flags, path);
    if (cas !== undefined) needVersion2(found.mount, '-cas');
    await printAnswer(session, await session.client.kv.put(found.mount, found.path, data, cas), `written: ${path}`);
  });
}

function registerDelete(group: Command, context: CliContext): void {
  const command = addKvCommand(group, 'delete <path>', 'Deletes the newest version of a secret, or those named.', [
    'strongroom kv delete secret/app',
    'strongroom kv delete -versions=1,2 secret/app',
  ]).option('--versions <numbers>', 'versions; they can be brought back', collect);
  onServer(command, context, async (session, flags, path: string) => {
    const versions = listFlag(flags, 'versions')?.map((text) => {
      if (!/^\d{1,9}$/.test(text)) throw new UsageError('-versions takes whole numbers');
      return Number(text);
    });
    const found = await resolvePath(session, flags, path);
    if (versions !== undefined) needVersion2(found.mount, '-versions');
    const answer = await session.client.kv.delete(found.mount, found.path, versions);
    await printAnswer(session, answer, `deleted, if it was there: ${path}`);
  });
}

export function registerKv(program: Command, context: CliContext): void {
  const group = addCommand(program, 'kv', 'Works with key-value secrets of both versions.', [
    'strongroom kv get secret/app',
  ]);
  registerGet(group, context);
  registerPut(group, context);
  registerDelete(group, context);
  const list = addKvCommand(group, 'list <path>', 'Lists the names below a path.', ['strongroom kv list secret/']);
  onServer(list, context, async (session, flags, path: string) => {
    const found = await resolvePath(session, flags, path);
    await printKeys(session, await session.client.kv.list(found.mount, found.path));
  });
  registerKvMetadata(group, context);
}
