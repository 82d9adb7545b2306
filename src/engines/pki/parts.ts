import type { Authorities } from './authority.ts';
import type { PkiStore } from './pki-store.ts';
import type { RevocationLists } from './revocation-lists.ts';
import type { Tidies } from './tidies.ts';

/** What the engine is made of; its operations take what they need. */
export interface PkiParts {
  readonly pki: PkiStore;
  readonly authorities: Authorities;
  readonly lists: RevocationLists;
  readonly tidies: Tidies;
}
