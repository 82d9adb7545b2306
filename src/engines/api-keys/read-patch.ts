import type { ChangeFields } from './operations/change-key.ts';

/** The fields of a change by merge-patch (RFC 7396) as sent: a null takes what is there away. */
export type PatchFields = { readonly [Name in keyof ChangeFields]: ChangeFields[Name] | null };

/** What a field is without a value; those of a lifetime and of metadata are read by themselves. */
const without = {
  name: '',
  owner: '',
  contact: '',
  external_id: '',
  scopes: [],
  policies: [],
  bound_cidrs: [],
  rate_limits: [],
  refill_amount: 0,
  refill_interval: 0,
  cert_thumbprint: '',
  tags: [],
} as const satisfies Partial<ChangeFields>;

/** The change a merge-patch means: nothing in place of null. Only of metadata, not_before and credits null stays null. */
export function readPatch({ ttl, expire_time: end, ...sent }: PatchFields): ChangeFields {
  const read = Object.entries(sent).map(([name, value]) => [
    name,
    value === null && name in without ? without[name as keyof typeof without] : value,
  ]);
  return { ...Object.fromEntries(read), ...readLife(ttl, end) } as ChangeFields;
}

/** A key without either has no end; a null beside the other one says nothing. */
function readLife(ttl: number | null | undefined, end: number | null | undefined): Partial<ChangeFields> {
  if ((ttl ?? end) === null || (ttl === null && end === undefined)) return { ttl: 0 };
  return { ttl: ttl ?? undefined, expire_time: end ?? undefined };
}
