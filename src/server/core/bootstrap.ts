import { type Core, type Engine, engineKey, type NewMount } from '../../core/index.ts';
import type { Change } from '../../store/index.ts';

/** What a new server has mounted besides `sys/`. */
const firstMounts: readonly Omit<NewMount, 'namespace' | 'options'>[] = [
  { kind: 'auth', path: 'token/', type: 'token', description: 'token based credentials' },
  {
    kind: 'secret',
    path: 'cubbyhole/',
    type: 'cubbyhole',
    description: 'per-token private secret storage',
    local: true,
  },
  { kind: 'secret', path: 'identity/', type: 'identity', description: 'identity store' },
  { kind: 'secret', path: 'api-keys/', type: 'api-keys', description: 'API keys of applications' },
  { kind: 'secret', path: 'pats/', type: 'pats', description: 'personal access tokens' },
];

/** Mounts of a development server, which has everything at hand. */
export const devMounts: readonly NewMount[] = [
  {
    namespace: 'root',
    kind: 'secret',
    path: 'secret/',
    type: 'kv',
    description: 'key/value secret storage',
    options: { version: '2' },
  },
];

export interface BootstrapOptions {
  readonly extraMounts?: readonly NewMount[];
  /** The text of the first root token, chosen by a developer. */
  readonly rootToken?: string;
}

/** Everything that is written in the commit that initialises a server, besides its seal. */
export async function bootstrap(
  core: Core,
  options: BootstrapOptions = {},
): Promise<{ changes: readonly Change[]; rootToken: string }> {
  const mounts = [
    ...firstMounts.map((mount) => ({ ...mount, namespace: 'root', options: null })),
    ...(options.extraMounts ?? []),
  ];
  const changes: Change[] = [core.policies.defaultPolicy()];
  for (const spec of mounts) {
    const engine = core.engines.get(engineKey(spec));
    if (engine) changes.push(...(await mountChanges(core, spec, engine)));
  }
  const nowMillis = core.clock.nowMillis();
  const minted = core.tokens.mint({
    type: 'service',
    namespace: 'root',
    parent: null,
    entityId: '',
    mount: null,
    expireMillis: null,
    ...(options.rootToken !== undefined && { customText: options.rootToken }),
    body: {
      policies: ['root'],
      path: 'auth/token/root',
      meta: null,
      displayName: 'root',
      usesAtIssue: 0,
      creationTtlSeconds: 0,
      periodSeconds: 0,
      explicitMaxSeconds: 0,
      roleTtlSeconds: 0,
      roleMaxSeconds: 0,
      boundCidrs: [],
      role: '',
      renewable: false,
      issuedMillis: nowMillis,
      lastRenewedMillis: 0,
      strictAddress: '',
      internal: {},
      createdBy: null,
    },
  });
  return { changes: [...changes, ...minted.changes], rootToken: minted.text };
}

async function mountChanges(core: Core, spec: NewMount, engine: Engine): Promise<Change[]> {
  const { mount, change } = core.mounts.draft(spec);
  return [change, ...((await engine.prepareMount?.(mount)) ?? [])];
}
