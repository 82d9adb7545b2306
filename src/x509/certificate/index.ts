export { assembleSigned } from './assemble.ts';
export { buildTbsCertificate } from './build-tbs.ts';
export { type CertificateIssuer, describeIssuer, type IssuerOptions, selfIssuer } from './issuer.ts';
export {
  maxCertificateBytes,
  type ParsedCertificate,
  parseCertificate,
  parseCertificateDer,
  readSerial,
} from './parsed-certificate.ts';
export { formatSerial, newSerial, parseSerial, serialBytes } from './serial-number.ts';
export type { CertificateTemplate } from './template.ts';
