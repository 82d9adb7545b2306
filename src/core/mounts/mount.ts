/** Settings of a mount; 0 for a TTL means the server's default. Whole seconds. */
export interface MountConfig {
  readonly defaultLeaseTtlSeconds: number;
  readonly maxLeaseTtlSeconds: number;
  readonly forceNoCache: boolean;
  readonly listingVisibility: '' | 'unauth' | 'hidden';
  readonly auditNonHmacRequestKeys: readonly string[];
  readonly auditNonHmacResponseKeys: readonly string[];
  readonly passthroughRequestHeaders: readonly string[];
  readonly allowedResponseHeaders: readonly string[];
  /** Auth mounts only. */
  readonly tokenType: 'default-service' | 'default-batch' | 'service' | 'batch';
  /** Auth mounts with passwords only. */
  readonly lockout: {
    readonly threshold: number;
    readonly seconds: number;
    readonly resetSeconds: number;
    readonly disabled: boolean;
  };
}

export type MountKind = 'secret' | 'auth';

/** An engine or an auth method at a path. */
export interface Mount {
  readonly namespace: string;
  /** Names what is stored for it; never used again, also after a new mount at the same path. */
  readonly id: string;
  readonly kind: MountKind;
  /** With a trailing slash and without `auth/`: `secret/`, `userpass/`. */
  readonly path: string;
  /** The whole prefix as requests name it: `secret/`, `auth/userpass/`. */
  readonly prefix: string;
  readonly type: string;
  readonly accessor: string;
  readonly description: string;
  readonly options: Readonly<Record<string, string>> | null;
  readonly local: boolean;
  readonly sealWrap: boolean;
  readonly config: MountConfig;
  readonly version: number;
}

export const defaultMountConfig: MountConfig = {
  defaultLeaseTtlSeconds: 0,
  maxLeaseTtlSeconds: 0,
  forceNoCache: false,
  listingVisibility: '',
  auditNonHmacRequestKeys: [],
  auditNonHmacResponseKeys: [],
  passthroughRequestHeaders: [],
  allowedResponseHeaders: [],
  tokenType: 'default-service',
  lockout: { threshold: 5, seconds: 900, resetSeconds: 900, disabled: false },
};
