import type { Answer, EngineRequest } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { buildCsr, encodePem, SubjectPublicKey } from '../../../x509/index.ts';
import { type MadeKey, withExistingKey, withNewKey } from '../make-key.ts';
import type { PkiStore } from '../pki-store.ts';
import { privateKeyText, privateKeyType } from '../private-key-text.ts';
import { buildSubject } from '../subject.ts';
import { readWantedNames } from '../wanted-names.ts';
import type { AuthorityFields, KeyFields } from './authority-fields.ts';
import { readKeyWish } from './authority-key-wish.ts';

type IntermediateFields = AuthorityFields & KeyFields & { readonly add_basic_constraints?: boolean | undefined };

/** A key for a CA to be, and the request that another CA signs. */
export async function generateIntermediate(pki: PkiStore, request: EngineRequest<IntermediateFields>): Promise<Answer> {
  const { fields, mount } = request;
  const wish = readKeyWish(fields);
  const commonName = fields.common_name ?? '';
  if (commonName === '')
    throw new StrongroomError('missing_field', 'the common_name field is required', { hint: 'send "common_name"' });
  const subject = buildSubject(commonName, fields);
  const names = readWantedNames(fields);
  const answer = async (made: MadeKey): Promise<Answer> => {
    const publicKey = SubjectPublicKey.read(Buffer.from(made.record.publicKey, 'base64'));
    const scheme = wish.schemeFor(publicKey.algorithm);
    const csr = await buildCsr(
      {
        subject,
        publicKey,
        scheme,
        alternativeNames: names,
        ...(fields.add_basic_constraints === true && { basicConstraints: { ca: true } }),
      },
      (info) => pki.core.keys.of(made.record.home).sign(made.record.homeId, scheme, info),
    );
    return {
      data: {
        csr: wish.format === 'der' ? csr.toString('base64') : encodePem('CERTIFICATE REQUEST', csr).trimEnd(),
        key_id: made.record.id,
        ...(made.exported && {
          private_key: privateKeyText(made.exported, wish.format, fields.private_key_format ?? ''),
          private_key_type: privateKeyType(made.exported),
        }),
      },
    };
  };
  if (fields.type !== 'existing') return withNewKey(pki, mount, wish.key, answer);
  return withExistingKey(pki, mount, fields.key_ref ?? 'default', answer);
}
