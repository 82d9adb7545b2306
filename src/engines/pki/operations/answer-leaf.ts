import type { Answer, EngineRequest } from '../../../core/index.ts';
import type { ExportableKey } from '../../../crypto/index.ts';
import { formatSerial, type IssuedCertificate } from '../../../x509/index.ts';
import type { Authority } from '../authority.ts';
import type { PkiStore } from '../pki-store.ts';
import { privateKeyText, privateKeyType } from '../private-key-text.ts';
import type { PkiRole } from '../role.ts';
import { formatCertificate, requireFormat } from './answer-format.ts';
import { keepLeaf } from './keep-leaf.ts';

interface AnswerFields {
  readonly format?: string | undefined;
  readonly private_key_format?: string | undefined;
  readonly remove_roots_from_chain?: boolean | undefined;
}

interface IssuedLeaf {
  readonly role: PkiRole;
  /** The role's name; '' for none. */
  readonly name: string;
  readonly authority: Authority;
  readonly issued: IssuedCertificate;
  readonly commonName: string;
  /** Present when it was made for this answer, which alone holds it. */
  readonly key?: ExportableKey | undefined;
}

/** Records a certificate that was just issued, and answers it with its chain, its key and its lease. */
export async function answerLeaf(
  pki: PkiStore,
  request: EngineRequest<AnswerFields>,
  { role, name, authority, issued, commonName, key }: IssuedLeaf,
): Promise<Answer> {
  const { fields } = request;
  const format = requireFormat(fields.format);
  const lease = await keepLeaf(pki, request, { role, name, issued, issuerId: authority.record.id, commonName });
  const keyText = key && privateKeyText(key, format, fields.private_key_format ?? '');
  const isShort = fields.remove_roots_from_chain === true && authority.endsInRoot;
  const texts = formatCertificate(
    format,
    issued.der,
    isShort ? authority.chainPem.slice(0, -1) : authority.chainPem,
    keyText,
  );
  return {
    data: {
      ca_chain: texts.ca_chain,
      certificate: texts.certificate,
      expiration: issued.notAfterSeconds,
      not_before: issued.notBeforeSeconds,
      issuing_ca: isShort ? formatCertificate(format, issued.der, authority.chainPem).issuing_ca : texts.issuing_ca,
      ...(key && keyText !== undefined && { private_key: keyText, private_key_type: privateKeyType(key) }),
      serial_number: formatSerial(issued.serial),
    },
    ...(lease && { lease }),
  };
}
