import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addCommand, collect, onServer } from '../define-command.ts';
import { mapFlag, numberFlag, switchFlag, textFlag } from '../flag-values.ts';
import { printAnswer } from '../print.ts';
import { UsageError } from '../usage-error.ts';
import { addKvCommand, needVersion2, resolvePath } from './kv-path.ts';

/** `kv metadata get|put|delete`: what version 2 keeps about a secret. */
export function registerKvMetadata(kv: Command, context: CliContext): void {
  const group = addCommand(kv, 'metadata', 'Works with what version 2 keeps about a secret.', [
    'strongroom kv metadata get secret/app',
  ]);
  const get = addKvCommand(group, 'get <path>', 'Shows versions and settings of a secret.', [
    'strongroom kv metadata get secret/app',
  ]);
  onServer(get, context, async (session, flags, path: string) => {
    const found = await resolvePath(session, flags, path);
    needVersion2(found.mount, 'metadata');
    await printAnswer(session, await session.client.kv.readMetadata(found.mount, found.path), '');
  });

  const put = addKvCommand(group, 'put <path>', 'Sets how versions of a secret are kept.', [
    'strongroom kv metadata put -max-versions=5 -custom-metadata=team=web secret/app',
  ])
    .option('--max-versions <number>', 'how many are kept')
    .option('--cas-required', 'every write names the current version')
    .option('--delete-version-after <duration>', 'delete versions when they are this old')
    .option('--custom-metadata <name=value>', 'note on the secret; repeatable; replaces the notes there are', collect);
  onServer(put, context, async (session, flags, path: string) => {
    const fields = {
      max_versions: numberFlag(flags, 'maxVersions'),
      cas_required: switchFlag(flags, 'casRequired') ? true : undefined,
      delete_version_after: textFlag(flags, 'deleteVersionAfter'),
      custom_metadata: mapFlag(flags, 'customMetadata'),
    };
    if (Object.values(fields).every((value) => value === undefined)) throw new UsageError('there is nothing to set');
    const found = await resolvePath(session, flags, path);
    needVersion2(found.mount, 'metadata');
    await printAnswer(
      session,
      await session.client.kv.writeMetadata(found.mount, found.path, fields),
      `written: ${path}`,
    );
  });

  const remove = addKvCommand(group, 'delete <path>', 'Removes a secret with all its versions, for good.', [
    'strongroom kv metadata delete secret/app',
  ]);
  onServer(remove, context, async (session, flags, path: string) => {
    const found = await resolvePath(session, flags, path);
    needVersion2(found.mount, 'metadata');
    const answer = await session.client.kv.deleteMetadata(found.mount, found.path);
    await printAnswer(session, answer, `removed, if it was there: ${path}`);
  });
}
