import type { SecretText } from '../../lib/index.ts';
import type { Connection, RequestOptions } from '../connection.ts';
import { mountPath } from '../request-path.ts';
import type { Answer, BodyObject, WireObject } from '../wire.ts';

export interface SealStatus {
  readonly type: string;
  readonly initialized: boolean;
  readonly sealed: boolean;
  /** Shares needed, shares made, shares given so far. */
  readonly t: number;
  readonly n: number;
  readonly progress: number;
  readonly nonce: string;
  readonly version: string;
  readonly strongroom_version?: string;
  readonly recovery_seal: boolean;
  readonly storage_type?: string;
  readonly cluster_name?: string;
  readonly cluster_id?: string;
}

export interface Health {
  readonly initialized: boolean;
  readonly sealed: boolean;
  readonly standby: boolean;
  readonly version: string;
  readonly strongroom_version?: string;
  /** Seconds since 1970. */
  readonly server_time_utc: number;
}

export interface InitRequest {
  readonly secret_shares?: number;
  readonly secret_threshold?: number;
  readonly recovery_shares?: number;
  readonly recovery_threshold?: number;
}

export interface InitResult {
  /** Unseal key shares in hex, and the same in base64. */
  readonly keys: readonly SecretText[];
  readonly keys_base64: readonly SecretText[];
  readonly recovery_keys?: readonly SecretText[];
  readonly recovery_keys_base64?: readonly SecretText[];
  readonly root_token: SecretText;
}

export interface KeyStatus {
  readonly term: number;
  readonly install_time: string;
  readonly encryptions: number;
}

export interface MountInfo {
  readonly type: string;
  readonly description: string;
  readonly accessor: string;
  readonly local: boolean;
  readonly options: Readonly<Record<string, string>> | null;
  readonly config?: WireObject;
  readonly path?: string;
}

export interface MountRequest {
  readonly type: string;
  readonly description?: string | undefined;
  readonly config?: BodyObject | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly local?: boolean | undefined;
}

export type MountTable = Readonly<Record<string, MountInfo>>;

export interface SysArea {
  /** `GET sys/health`: an answer whatever the state. */
  health(): Promise<Answer<Health>>;
  sealStatus(): Promise<Answer<SealStatus>>;
  /** `GET sys/init`. */
  initialized(): Promise<Answer<{ readonly initialized: boolean }>>;
  /** `POST sys/init`: the shares and the root token are in this answer only. */
  init(request: InitRequest): Promise<Answer<InitResult>>;
  /** Gives one share; `reset` throws away those given so far. */
  unseal(request: { readonly key: SecretText } | { readonly reset: true }): Promise<Answer<SealStatus>>;
  seal(): Promise<Answer<null>>;
  keyStatus(): Promise<Answer<KeyStatus>>;
  /** A new version of the encryption key; what was written before stays readable. */
  rotate(): Promise<Answer<null>>;
  listMounts(): Promise<Answer<MountTable>>;
  enableMount(path: string, request: MountRequest): Promise<Answer<null>>;
  disableMount(path: string): Promise<Answer<null>>;
  listAuth(): Promise<Answer<MountTable>>;
  enableAuth(path: string, request: MountRequest): Promise<Answer<null>>;
  disableAuth(path: string): Promise<Answer<null>>;
}

/** Every state has its own status; all of them carry the body. */
const healthStatuses = [429, 472, 473, 501, 503];

const initSecrets = ['keys', 'keys_base64', 'recovery_keys', 'recovery_keys_base64', 'root_token'];

export function sysArea({ request }: Connection): SysArea {
  const health: RequestOptions = { answerStatuses: healthStatuses, token: null };
  return {
    health: () => request('GET', 'sys/health', undefined, health),
    sealStatus: () => request('GET', 'sys/seal-status', undefined, { token: null }),
    initialized: () => request('GET', 'sys/init', undefined, { token: null }),
    init: (fields) => request('POST', 'sys/init', { ...fields }, { secretFields: initSecrets, token: null }),
    unseal: (fields) => request('POST', 'sys/unseal', { ...fields }, { token: null }),
    seal: () => request('POST', 'sys/seal'),
    keyStatus: () => request('GET', 'sys/key-status'),
    rotate: () => request('POST', 'sys/rotate'),
    listMounts: () => request('GET', 'sys/mounts'),
    enableMount: (path, fields) => request('POST', `sys/mounts/${mountPath(path)}`, { ...fields }),
    disableMount: (path) => request('DELETE', `sys/mounts/${mountPath(path)}`),
    listAuth: () => request('GET', 'sys/auth'),
    enableAuth: (path, fields) => request('POST', `sys/auth/${mountPath(path)}`, { ...fields }),
    disableAuth: (path) => request('DELETE', `sys/auth/${mountPath(path)}`),
  };
}
