export { buildCsr, type CsrTemplate } from './build-csr.ts';
export { type CertificationRequest, maxCsrBytes, parseCsr, parseCsrAside } from './parse-csr.ts';
export type { RequestedExtensions } from './requested-extensions.ts';
