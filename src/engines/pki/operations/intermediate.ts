import type { Answer, EngineRequest } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { buildCsr, buildCsrInfo, chooseScheme, encodePem } from '../../../x509/index.ts';
import { makeKey } from '../make-key.ts';
import { type PkiStore, readConfig, requireKey } from '../pki-store.ts';
import { privateKeyText, privateKeyType, requirePrivateKeyFormat } from '../private-key-text.ts';
import { buildSubject } from '../subject.ts';
import { readWantedNames } from '../wanted-names.ts';
import { requireFormat } from './answer-format.ts';
import type { AuthorityFields, KeyFields } from './authority-fields.ts';
import { publicKeyOf, standInFor } from './generate-root.ts';

type IntermediateFields = AuthorityFields & KeyFields & { readonly add_basic_constraints?: boolean | undefined };

/** A key for a CA to be, and the request that another CA signs. */
export async function generateIntermediate(pki: PkiStore, request: EngineRequest<IntermediateFields>): Promise<Answer> {
  const { fields, mount } = request;
  const format = requireFormat(fields.format);
  requirePrivateKeyFormat(fields.private_key_format);
  const commonName = fields.common_name ?? '';
  if (commonName === '')
    throw new StrongroomError('missing_field', 'the common_name field is required', { hint: 'send "common_name"' });
  const subject = buildSubject(commonName, fields);
  const names = readWantedNames(fields);
  const { config } = await readConfig(pki, mount);
  const existing =
    fields.type === 'existing' ? (await requireKey(pki, mount, fields.key_ref ?? 'default', config)).body : undefined;
  const wish = {
    subject,
    alternativeNames: names,
    ...(fields.add_basic_constraints === true && { basicConstraints: { ca: true } }),
  };
  // Whatever is wrong with the wish is said before a key is made.
  const standIn = existing ? publicKeyOf(existing) : await standInFor(fields);
  chooseScheme(standIn.algorithm, fields.signature_bits, fields.use_pss);
  buildCsrInfo({ ...wish, publicKey: standIn });
  const made = existing
    ? { record: existing, exported: undefined }
    : await makeKey(pki, mount, {
        type: fields.type,
        keyType: fields.key_type ?? 'rsa',
        bits: fields.key_bits ?? 0,
        name: fields.key_name,
      });
  const publicKey = publicKeyOf(made.record);
  const scheme = chooseScheme(publicKey.algorithm, fields.signature_bits, fields.use_pss);
  const csr = await buildCsr({ ...wish, publicKey, scheme }, (info) =>
    pki.core.keys.of(made.record.home).sign(made.record.homeId, scheme, info),
  );
  return {
    data: {
      csr: format === 'der' ? csr.toString('base64') : encodePem('CERTIFICATE REQUEST', csr).trimEnd(),
      key_id: made.record.id,
      ...(made.exported && {
        private_key: privateKeyText(made.exported, format, fields.private_key_format ?? ''),
        private_key_type: privateKeyType(made.exported),
      }),
    },
  };
}
