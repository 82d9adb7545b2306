export {
  type CertificateBody,
  CertificateStore,
  type NewCertificate,
  type StoredCertificate,
} from './certificate-store.ts';
