import type { SecondView } from '../../../crypto/index.ts';
import type { ParsedCertificate } from '../../certificate/index.ts';
import { type GeneralName, ipToBytes } from '../../names/index.ts';
import type { CertificateRule } from '../certificate-subject.ts';

/** OpenSSL prints IPv6 as eight upper-case groups without leading zeros. */
function formatIp(value: string): string {
  const bytes = ipToBytes(value) ?? Buffer.alloc(0);
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return groups.join(':').toUpperCase();
}

const labels: Readonly<Record<string, string>> = { dns: 'DNS', email: 'email', uri: 'URI' };

/** How node prints the names; undefined where it quotes or abbreviates, so that there is nothing simple to compare. */
function displayNames(names: readonly GeneralName[]): string | undefined {
  const parts: string[] = [];
  for (const name of names) {
    if (name.kind === 'ip') parts.push(`IP Address:${formatIp(name.value)}`);
    else if ('value' in name && name.kind !== 'other' && !/[,"'\\]/.test(name.value)) {
      parts.push(`${labels[name.kind]}:${name.value}`);
    } else return undefined;
  }
  return parts.join(', ');
}

function compareNames({ alternativeNames }: ParsedCertificate, view: SecondView): string | undefined {
  if (alternativeNames.length === 0) return view.alternativeNames === undefined ? undefined : 'sees other names';
  const expected = displayNames(alternativeNames);
  return expected === undefined || expected === view.alternativeNames ? undefined : 'sees other names';
}

/** OpenSSL calls CA what has cA TRUE and, if there are usages, keyCertSign among them. */
function mayBeCa({ basicConstraints, keyUsage }: ParsedCertificate): boolean {
  return basicConstraints?.ca === true && (keyUsage === undefined || keyUsage.includes('keyCertSign'));
}

function compare(certificate: ParsedCertificate, view: SecondView): string | undefined {
  if (!view.der.equals(certificate.der)) return 'encodes the certificate differently';
  if (view.serialHex.toLowerCase().padStart(40, '0') !== certificate.serial.toString('hex').padStart(40, '0')) {
    return 'sees another serial number';
  }
  if (view.ca !== mayBeCa(certificate)) return 'disagrees whether it is a CA';
  if (view.notBeforeMillis !== certificate.notBeforeSeconds * 1000) return 'sees another start';
  if (view.notAfterMillis !== certificate.notAfterSeconds * 1000) return 'sees another end';
  return compareNames(certificate, view);
}

export const secondParserRules: readonly CertificateRule[] = [
  {
    id: 'second-parser',
    clause: 'two parsers that share no code agree',
    blame: 'ours',
    check: ({ certificate, secondView }) =>
      secondView === undefined ? 'the second parser refuses the certificate' : compare(certificate, secondView),
  },
];
