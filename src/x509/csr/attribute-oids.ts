/** Attributes of certification requests we understand (RFC 2985 5.4). */
export const csrAttributeOids = {
  challengePassword: '1.2.840.113549.1.9.7',
  extensionRequest: '1.2.840.113549.1.9.14',
} as const;
