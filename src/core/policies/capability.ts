/** What a rule may grant, one bit each. `deny` stands alone. */
export const capabilityBits = {
  create: 1,
  read: 2,
  update: 4,
  patch: 8,
  delete: 16,
  list: 32,
  scan: 64,
  sudo: 128,
  deny: 256,
} as const;

export type Capability = keyof typeof capabilityBits;

/** What a request does. An operation needs the capability of the same name. */
export type Operation = Exclude<Capability, 'sudo' | 'deny'>;

export const capabilityNames: readonly Capability[] = [
  'create',
  'delete',
  'deny',
  'list',
  'patch',
  'read',
  'scan',
  'sudo',
  'update',
];

const byName: ReadonlyMap<string, number> = new Map(Object.entries(capabilityBits));

/** The bit of a capability's name; undefined for any other text. */
export function capabilityBit(name: string): number | undefined {
  return byName.get(name);
}

/** Names in alphabetical order, as the capabilities endpoints answer them; no right at all reads `deny`. */
export function namesOfCapabilities(bits: number): Capability[] {
  if (bits === 0 || (bits & capabilityBits.deny) !== 0) return ['deny'];
  return capabilityNames.filter((name) => (bits & capabilityBits[name]) !== 0);
}

const write =
  capabilityBits.create | capabilityBits.read | capabilityBits.update | capabilityBits.delete | capabilityBits.list;

/** The old one-word form `policy = "read"`. */
export const legacyPolicies: ReadonlyMap<string, number> = new Map([
  ['deny', capabilityBits.deny],
  ['read', capabilityBits.read | capabilityBits.list],
  ['write', write],
  ['sudo', write | capabilityBits.sudo],
]);
