import {
  type Answer,
  type EngineRequest,
  type ListFields,
  matchesCredential,
  readFilter,
  requireShortText,
  revokeWhere,
} from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { patListFields } from '../list-page.ts';
import { type PatStore, placeOf } from '../pat-store.ts';

export interface RevokeManyFields {
  readonly entity_id?: string | undefined;
  readonly filter?: Readonly<Record<string, unknown>> | undefined;
  readonly dry_run?: boolean | undefined;
  readonly reason?: string | undefined;
}

/** Revokes the live PATs that are meant: dead when this answers. A dry run only counts. */
export async function revokeMany(pats: PatStore, request: EngineRequest<RevokeManyFields>): Promise<Answer> {
  const { fields, mount, nowMillis } = request;
  const filter = readFilter(readWanted(fields), nowMillis);
  const owner = filter.owner === undefined ? null : pats.credentials.index('owner', filter.owner);
  const outcome = await revokeWhere(
    pats.credentials,
    {
      ...placeOf(mount),
      ...(filter.entityId !== undefined && { entityId: filter.entityId }),
      ...(owner !== null && { ownerIndex: owner }),
      matches: (credential) => matchesCredential(credential, filter, nowMillis),
    },
    { dryRun: fields.dry_run === true, nowMillis, reason: requireShortText(fields.reason, 'reason', 512) },
  );
  if (outcome.more) request.warn('there may be more: send the request again until it counts 0');
  return { data: { count: outcome.count } };
}

/** Names of a list that say which PATs, not how they are shown. */
const { sort: _sort, limit: _limit, after: _after, ...filterFields } = patListFields;
type FilterName = keyof typeof filterFields;
const isFilterName = (name: string): name is FilterName => Object.hasOwn(filterFields, name);

/** An unknown name is refused, not ignored: it would mean more than was asked for. */
function readWanted({ entity_id, filter }: RevokeManyFields): ListFields {
  const wanted: [string, unknown][] = [];
  for (const [name, value] of Object.entries(filter ?? {})) {
    if (!isFilterName(name)) refuse('the filter has an unknown name', Object.keys(filterFields).join(', '));
    const read = filterFields[name].safeParse(value);
    if (!read.success || read.data === undefined || read.data === '')
      refuse(`the filter's ${name} is unreadable or empty`, read.error?.issues[0]?.message ?? 'give it a value');
    wanted.push([name, read.data]);
  }
  const sent = Object.fromEntries(wanted) as ListFields;
  if (entity_id === undefined && wanted.length === 0) {
    throw new StrongroomError('missing_field', 'missing entity_id', {
      hint: 'send entity_id or a filter: an empty one would mean everybody',
    });
  }
  if (entity_id === '') refuse('entity_id is empty', 'it would mean everybody');
  if (entity_id !== undefined && sent.entity_id !== undefined && sent.entity_id !== entity_id)
    refuse('two different entities are named', 'name it once');
  return entity_id === undefined ? sent : { ...sent, entity_id };
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}
