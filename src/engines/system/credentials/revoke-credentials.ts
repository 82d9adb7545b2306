import { type Answer, type Core, type EngineRequest, requireShortText } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { type FilterFields, inventoriesOf, readFilter } from './read-filter.ts';

/** One call revokes so many at most, of all kinds together. */
const maxRevoked = 10_000;

/** Revokes every credential a filter names: dead when this answers. A dry run only counts. */
export async function revokeCredentials(
  core: Core,
  request: EngineRequest<
    FilterFields & { readonly dry_run?: boolean | undefined; readonly reason?: string | undefined }
  >,
): Promise<Answer> {
  const { fields, namespace } = request;
  const reason = requireShortText(fields.reason, 'reason');
  const { filter, kind, isEmpty } = await readFilter(core, namespace, fields);
  if (isEmpty) {
    throw new StrongroomError('invalid_request', 'say which credentials: an empty filter would mean all of them', {
      hint: 'give owner, entity_id, kind, policy, tag, state or a time',
    });
  }
  const count: Record<string, number> = {};
  let left = maxRevoked;
  let hasMore = false;
  for (const inventory of inventoriesOf(core, kind)) {
    const done = await inventory.revoke(filter, { dryRun: fields.dry_run === true, reason, limit: left });
    count[inventory.kind] = (count[inventory.kind] ?? 0) + done.count;
    left -= done.count;
    hasMore ||= done.more;
  }
  if (hasMore) request.warn(`${maxRevoked} is the most one call counts or revokes: more may match, call again`);
  return { data: { count, more: hasMore } };
}
