import type { Answer, EngineRequest } from '../../../core/index.ts';
import {
  attributeValues,
  authorityProfile,
  type CertificateTemplate,
  formatSerial,
  issueCertificate,
  newSerial,
  parseCsrAside,
} from '../../../x509/index.ts';
import { type Authority, chooseSigner } from '../authority.ts';
import { readConfig, requireIssuer } from '../pki-store.ts';
import { buildSubject } from '../subject.ts';
import { canonicalNames, commonNameAsName, readWantedNames, uniqueNames } from '../wanted-names.ts';
import { formatCertificate, requireFormat } from './answer-format.ts';
import type { AuthorityFields } from './authority-fields.ts';
import { commitIssued } from './commit-issued.ts';
import { nameConstraints, requirePathLength } from './generate-root.ts';
import { addressExtensions, type LeafParts, leafValidity, locationsOf } from './issue-leaf.ts';
import { recordCertificate } from './record-certificate.ts';

type IntermediateFields = AuthorityFields & {
  readonly csr?: string | undefined;
  readonly issuer_ref?: string | undefined;
  readonly use_csr_values?: boolean | undefined;
};

/** Signs the request of a CA below this one. */
export async function signIntermediate(parts: LeafParts, request: EngineRequest<IntermediateFields>): Promise<Answer> {
  const { pki } = parts;
  const { fields, mount } = request;
  const format = requireFormat(fields.format);
  const csr = await parseCsrAside(fields.csr ?? '');
  const { config } = await readConfig(pki, mount);
  const record = await requireIssuer(pki, mount, fields.issuer_ref ?? 'default', config);
  const authority = await parts.authorities.load(mount, record, config, 'issuing-certificates');
  const useCsr = fields.use_csr_values === true;
  const csrName = attributeValues(csr.subjectAttributes, 'commonName')[0] ?? '';
  const commonName = useCsr ? csrName : fields.common_name || csrName;
  const own = fields.exclude_cn_from_sans === true || commonName === '' ? undefined : commonNameAsName(commonName);
  const names = useCsr
    ? canonicalNames(csr.alternativeNames)
    : uniqueNames([...(own ? [own] : []), ...readWantedNames(fields)]);
  const noRole = { notAfter: '', ttlSeconds: 0, maxTtlSeconds: 0, notBeforeSeconds: fields.not_before_duration ?? 30 };
  const validity = leafValidity(pki, request, noRole, authority);
  const constraints = nameConstraints(fields.permitted_dns_domains);
  const template: CertificateTemplate = {
    serial: newSerial(pki.core.random),
    subject: useCsr ? csr.subject : buildSubject(commonName, fields),
    publicKey: csr.publicKey,
    notBeforeSeconds: validity.notBeforeSeconds,
    notAfterSeconds: validity.notAfterSeconds,
    insecurePermitBeyondIssuer: validity.insecurePermitBeyondIssuer,
    ...authorityProfile(pathLengthBelow(authority, requirePathLength(fields.max_path_length))),
    ...(names.length > 0 && { alternativeNames: names }),
    ...(constraints && { nameConstraints: constraints }),
    ...addressExtensions(locationsOf(authority, config.locations)),
  };
  const wishedScheme = { digestBits: fields.signature_bits ?? 0, pss: fields.use_pss === true };
  const issued = await issueCertificate({ template, ...chooseSigner(authority, wishedScheme, request) });
  await commitIssued(pki, mount, record.id, [
    recordCertificate(pki, request, issued, { issuerId: record.id, role: '', commonName, isAuthority: true }),
  ]);
  const texts = formatCertificate(format, issued.der, authority.chainPem);
  return {
    data: {
      ca_chain: texts.ca_chain,
      certificate: texts.certificate,
      expiration: issued.notAfterSeconds,
      not_before: issued.notBeforeSeconds,
      issuing_ca: texts.issuing_ca,
      serial_number: formatSerial(issued.serial),
    },
  };
}

/** One shorter than the issuer's, unless a shorter one still is asked for; none where the issuer has none. */
function pathLengthBelow(authority: Authority, wished: number): number | undefined {
  const above = authority.issuer.pathLength;
  if (wished >= 0) return wished;
  return above === undefined ? undefined : Math.max(0, above - 1);
}
