/** CRLReason numbers (RFC 5280 5.3.1). 7 does not exist. */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;

export type RevocationReason = keyof typeof revocationReasons;

const names = new Map(
  Object.entries(revocationReasons).map(([name, number]) => [number as number, name as RevocationReason]),
);

/** Name of a reason number, or undefined for a number that means nothing. */
export function reasonOfNumber(number: number): RevocationReason | undefined {
  return names.get(number);
}
