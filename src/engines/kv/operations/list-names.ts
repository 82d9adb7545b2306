import {
  type Answer,
  type EngineRequest,
  type PageFields,
  pageLength,
  type RecordCollection,
} from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';

export interface ListFields extends PageFields {
  readonly path?: string | undefined;
}

const nothing = (): StrongroomError =>
  new StrongroomError('not_found', '', { hint: 'nothing is stored below this path' });
const folderOf = (path: string | undefined): string =>
  path === undefined || path === '' ? '' : `${path.replace(/\/+$/, '')}/`;

/** Names directly below a path, folders with their slash. */
export async function listNames<B>(
  collection: RecordCollection<B>,
  request: EngineRequest<ListFields>,
): Promise<Answer> {
  const { path, after = '' } = request.fields;
  const keys = await collection.names(request.mount, folderOf(path), after, pageLength(request.fields));
  if (keys.length === 0) throw nothing();
  return { data: { keys } };
}

/** Every name below a path, however deep. */
export async function scanNames<B>(
  collection: RecordCollection<B>,
  request: EngineRequest<ListFields>,
): Promise<Answer> {
  const { path, after = '' } = request.fields;
  const folder = folderOf(path);
  const page = await collection.page(
    request.mount,
    after === '' ? '' : folder + after,
    pageLength(request.fields),
    folder,
  );
  if (page.length === 0) throw nothing();
  return { data: { keys: page.map((record) => record.id.slice(folder.length)) } };
}
