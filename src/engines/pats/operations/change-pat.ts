import {
  type Credential,
  credentialNotFound,
  type EngineRequest,
  requireCidrs,
  requireTexts,
  stateOf,
} from '../../../core/index.ts';
import { type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { addBounds, readGrants } from '../grants.ts';
import { narrowCidrs, requireOwner } from '../maker.ts';
import { type PatStore, placeOf } from '../pat-store.ts';
import { showPat } from '../show-pat.ts';
import { requireName } from './create-pat.ts';

/** A PAT of the caller; one of somebody else looks as if it were not there. */
export async function findOwn(pats: PatStore, request: EngineRequest<{ readonly id: string }>): Promise<Credential> {
  const owner = requireOwner(request);
  const found = await pats.credentials.find(placeOf(request.mount), request.fields.id);
  if (found && found.row.entity_id === owner.entityId) return found;
  throw credentialNotFound('personal access token');
}

export interface ChangeFields {
  readonly id: string;
  readonly name?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly grants?: unknown;
  readonly bound_cidrs?: readonly string[] | undefined;
}

/** Renames, tags or narrows a PAT. Grants add a bound, addresses stay within what they were: it never gets wider. */
export async function changeOwn(pats: PatStore, request: EngineRequest<ChangeFields>): Promise<JsonObject> {
  const { fields, mount, nowMillis } = request;
  await findOwn(pats, request);
  const grants = readGrants(fields.grants);
  const wantedCidrs = fields.bound_cidrs === undefined ? undefined : requireCidrs(fields.bound_cidrs);
  await pats.credentials.modify(placeOf(mount), fields.id, (credential) => {
    const { body } = credential;
    if (!body.pat) throw credentialNotFound('personal access token');
    if (stateOf(credential, nowMillis) !== 'active') {
      throw new StrongroomError('invalid_request', 'only an active personal access token can be changed', {
        hint: 'make a new one',
      });
    }
    const narrowed = grants !== undefined && { grants, bounds: addBounds(body.pat.bounds, [{ grants }]) };
    return [
      pats.credentials.change(credential, {
        body: {
          ...body,
          name: fields.name === undefined ? body.name : requireName(fields.name),
          tags: fields.tags === undefined ? body.tags : requireTexts(fields.tags, 'tags', 50),
          boundCidrs: narrowCidrs(body.boundCidrs, wantedCidrs),
          pat: { ...body.pat, ...narrowed },
        },
      }),
    ];
  });
  return showPat(await findOwn(pats, request), nowMillis);
}
