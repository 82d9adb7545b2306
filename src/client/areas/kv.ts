import { isError } from '../../lib/index.ts';
import type { Connection } from '../connection.ts';
import { mountPath } from '../request-path.ts';
import type { Answer, BodyObject, WireObject } from '../wire.ts';
import type { MountInfo } from './sys.ts';

/** A key-value mount and how its paths are built. */
export interface KvMount {
  /** Without slashes at its ends. */
  readonly path: string;
  readonly version: 1 | 2;
}

export interface KvVersion {
  readonly created_time: string;
  readonly custom_metadata: Readonly<Record<string, string>> | null;
  readonly deletion_time: string;
  readonly destroyed: boolean;
  readonly version: number;
}

export interface KvMetadata {
  readonly cas_required: boolean;
  readonly created_time: string;
  readonly current_version: number;
  readonly custom_metadata: Readonly<Record<string, string>> | null;
  readonly delete_version_after: string;
  readonly max_versions: number;
  readonly oldest_version: number;
  readonly updated_time: string;
  readonly versions: Readonly<
    Record<string, { readonly created_time: string; readonly deletion_time: string; readonly destroyed: boolean }>
  >;
}

/** Version 2 answers `data` and `metadata`; version 1 the values alone. */
export type KvAnswer = WireObject & { readonly data?: WireObject | null; readonly metadata?: WireObject };

export interface KvMetadataRequest {
  readonly max_versions?: number | undefined;
  readonly cas_required?: boolean | undefined;
  readonly delete_version_after?: string | undefined;
  readonly custom_metadata?: Readonly<Record<string, string>> | undefined;
}

export interface KvArea {
  /** Finds the mount that serves `path` and its version; splits the path into mount and rest. */
  resolve(path: string): Promise<{ readonly mount: KvMount; readonly path: string }>;
  get(mount: KvMount, path: string, version?: number): Promise<Answer<KvAnswer>>;
  /** `cas`: write only if the current version is this (0: only if there is none); version 2. */
  put(mount: KvMount, path: string, data: BodyObject, cas?: number): Promise<Answer<KvVersion | null>>;
  /** Deletes the newest version, or those given (version 2; they can be brought back). */
  delete(mount: KvMount, path: string, versions?: readonly number[]): Promise<Answer<null>>;
  list(mount: KvMount, path: string): Promise<Answer<{ readonly keys: readonly string[] }>>;
  /** Version 2 only, as are the next two. */
  readMetadata(mount: KvMount, path: string): Promise<Answer<KvMetadata>>;
  writeMetadata(mount: KvMount, path: string, fields: KvMetadataRequest): Promise<Answer<null>>;
  /** Removes every version for good. */
  deleteMetadata(mount: KvMount, path: string): Promise<Answer<null>>;
}

/** How a server says that it has no such route. */
const absentRouteCodes = ['not_found', 'no_route', 'unsupported_path'] as const;

const trim = (path: string): string => path.replace(/^\/+|\/+$/g, '');

export function kvArea({ request }: Connection): KvArea {
  const at = (mount: KvMount, part: string, path: string): string => {
    const middle = mount.version === 2 ? `/${part}` : '';
    const rest = trim(path);
    return `${mountPath(mount.path)}${middle}${rest === '' ? '' : `/${rest}`}`;
  };
  return {
    async resolve(path) {
      const whole = trim(path);
      try {
        const { data } = await request<MountInfo>('GET', `sys/internal/ui/mounts/${whole}`);
        const mount = trim(data.path ?? '');
        const version = data.options?.version === '2' ? 2 : 1;
        return { mount: { path: mount, version }, path: trim(whole.slice(mount.length)) };
      } catch (error) {
        // Servers before the preflight route serve version 1 alone.
        if (!absentRouteCodes.some((code) => isError(error, code))) throw error;
        const [mount, ...rest] = whole.split('/');
        return { mount: { path: mount as string, version: 1 }, path: rest.join('/') };
      }
    },
    get: (mount, path, version) => request('GET', at(mount, 'data', path), undefined, { query: { version } }),
    put: (mount, path, data, cas) => {
      const body = mount.version === 1 ? data : { data, options: cas === undefined ? {} : { cas } };
      return request('POST', at(mount, 'data', path), body);
    },
    delete: (mount, path, versions) =>
      versions === undefined
        ? request('DELETE', at(mount, 'data', path))
        : request('POST', at(mount, 'delete', path), { versions }),
    list: (mount, path) => request('LIST', `${at(mount, 'metadata', path)}/`),
    readMetadata: (mount, path) => request('GET', at(mount, 'metadata', path)),
    writeMetadata: (mount, path, fields) => request('POST', at(mount, 'metadata', path), { ...fields }),
    deleteMetadata: (mount, path) => request('DELETE', at(mount, 'metadata', path)),
  };
}
