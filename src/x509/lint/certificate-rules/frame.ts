import { maxCertificateBytes } from '../../certificate/index.ts';
import { schemeFitsKey, signatureIdentifiers } from '../../public-key/index.ts';
import type { CertificateRule } from '../certificate-subject.ts';

const minSerialBytes = 8;

export const frameRules: readonly CertificateRule[] = [
  {
    id: 'serial-range',
    clause: 'RFC 5280 4.1.2.2',
    blame: 'ours',
    check: ({ certificate: { serial } }) => {
      const bare = serial[0] === 0 ? serial.subarray(1) : serial;
      if (bare.length < minSerialBytes || serial.length > 20) return 'serial number has a bad length';
      return undefined;
    },
  },
  {
    id: 'serial-as-asked',
    clause: 'the recorded serial is the issued one',
    blame: 'ours',
    check: ({ certificate, template }) =>
      certificate.serial.equals(template.serial) ? undefined : 'serial number differs from the template',
  },
  {
    id: 'signature-algorithm',
    clause: 'RFC 5280 4.1.1.2',
    blame: 'ours',
    check: ({ certificate, issuer }) => {
      if (!certificate.signatureIdentifier.equals(signatureIdentifiers[issuer.scheme])) return 'unexpected algorithm';
      return schemeFitsKey(issuer.scheme, issuer.publicKey.algorithm) ? undefined : 'algorithm does not fit the key';
    },
  },
  {
    id: 'size',
    clause: 'limit of this product: 64 KiB',
    blame: 'request',
    check: ({ certificate }) => (certificate.der.length < maxCertificateBytes ? undefined : 'certificate too large'),
  },
];
