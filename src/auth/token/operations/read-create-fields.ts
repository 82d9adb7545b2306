import type { Principal } from '../../../core/index.ts';
import { parseCidrList, requireAddressBlocks, StrongroomError } from '../../../lib/index.ts';
import type { TokenRole } from '../records.ts';

export interface CreateFields {
  readonly id?: string | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  readonly no_parent?: boolean | undefined;
  readonly no_default_policy?: boolean | undefined;
  readonly renewable?: boolean | undefined;
  readonly ttl?: number | undefined;
  readonly lease?: number | undefined;
  readonly type?: string | undefined;
  readonly explicit_max_ttl?: number | undefined;
  readonly display_name?: string | undefined;
  readonly num_uses?: number | undefined;
  readonly period?: number | undefined;
  readonly entity_alias?: string | undefined;
  readonly bound_cidrs?: readonly string[] | undefined;
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

/**
 * The parent's address blocks hold for what it makes, orphans too: else it would only have to make one to be good from
 * anywhere. A role's replace them, a request may only name blocks within.
 */
export function decideCidrs(fields: CreateFields, role: TokenRole | undefined, parent: Principal): readonly string[] {
  if (role && role.boundCidrs.length > 0) return role.boundCidrs;
  const inherited = role ? [] : (parent.token?.body.boundCidrs ?? []);
  const asked = fields.bound_cidrs ?? [];
  if (asked.length === 0) return inherited;
  requireAddressBlocks(asked);
  if (inherited.length === 0) return asked;
  const within = parseCidrList(inherited);
  if (!asked.every((block) => within.covers(block)))
    refuse('bound_cidrs must lie within those of the parent token', 'ask for narrower blocks');
  return asked;
}

const maxMetaPairs = 64;

export function readMeta(meta: CreateFields['meta']): Readonly<Record<string, string>> | null {
  if (!meta || Object.keys(meta).length === 0) return null;
  if (Object.keys(meta).length > maxMetaPairs) refuse('too many metadata entries', `at most ${maxMetaPairs} pairs`);
  for (const [key, value] of Object.entries(meta)) {
    if (key.length > 128 || value.length > 4_096)
      refuse('metadata is too long', 'keys to 128, values to 4096 characters');
  }
  return meta;
}

/** `token`, or `token-<name>` with everything but letters, digits and dashes replaced. */
export function displayName(asked: string | undefined): string {
  const name = asked ?? 'token';
  if (name.length > 512) refuse('display_name is too long', 'at most 512 characters');
  const full = name === 'token' || name === '' ? 'token' : `token-${name}`;
  return full.replace(/[^a-zA-Z0-9-]/g, '-').replace(/^-+|-+$/g, '');
}

export function requireCustomId(id: string, sudo: boolean, type: string, warn: (text: string) => void): string {
  if (!sudo) refuse('root or sudo privileges required to specify token id', 'leave id out');
  if (type === 'batch') refuse('batch tokens cannot have custom IDs', 'leave id out');
  if (
    /^(hvs|s|srs|hvb|b|srb)\./.test(id) ||
    /^pat_|^[a-z0-9]{1,12}_[a-z0-9]{1,12}_[0-9A-Za-z]{33}$/.test(id) ||
    id.includes('.')
  ) {
    refuse('custom token ID cannot have the prefix of issued tokens or contain a dot', 'choose another id');
  }
  if (id.length < 4 || id.length > 512 || !/^[\x21-\x7e]+$/.test(id)) {
    refuse('custom token ID must have 4 to 512 printable characters', 'choose another id');
  }
  warn('Supplying a custom ID for the token uses the weaker secrecy of that ID instead of a random value');
  return id;
}
