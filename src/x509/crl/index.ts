export { buildTbsCrl, type CrlIssuer, type CrlTemplate } from './build-tbs-crl.ts';
export type { IssuingDistributionPoint } from './issuing-distribution-point.ts';
export { maxCrlBytes, type ParsedCrl, type ParsedRevocation, parseCrl, parseCrlDer, serialKey } from './parse-crl.ts';
export { type RevocationReason, reasonOfNumber, revocationReasons } from './reasons.ts';
export { encodeRevokedEntry, type RevokedCertificate } from './revoked-entry.ts';
export { isCrlSignedBy } from './verify-crl.ts';
