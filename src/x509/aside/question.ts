import { deserialize, serialize } from 'node:v8';
import type { SignatureScheme } from '../../crypto/index.ts';
import type { CertificateIssuer, CertificateTemplate } from '../certificate/index.ts';
import { SubjectPublicKey } from '../public-key/index.ts';

/** What the second thread is asked: whether a certificate may be signed, or whether a signature is one. */
export type Question =
  | {
      readonly about: 'certificate';
      readonly tbs: Buffer;
      readonly template: CertificateTemplate;
      readonly issuer: CertificateIssuer;
    }
  | {
      readonly about: 'signature';
      readonly publicKey: SubjectPublicKey;
      readonly scheme: SignatureScheme;
      readonly data: Uint8Array;
      readonly signature: Uint8Array;
    };

/** On the way a key is its SubjectPublicKeyInfo: an object's private parts do not travel. */
interface Packed {
  readonly about: Question['about'];
  readonly plain: object;
  readonly spki: Buffer;
  readonly issuer?: Buffer;
}

const packedIssuers = new WeakMap<CertificateIssuer, Buffer>();

function packIssuer(issuer: CertificateIssuer): Buffer {
  let packed = packedIssuers.get(issuer);
  if (packed === undefined) {
    packed = serialize({ plain: { ...issuer, publicKey: undefined }, spki: issuer.publicKey.spki });
    packedIssuers.set(issuer, packed);
  }
  return packed;
}

/** A question as bytes, by V8's own format, in which a Buffer stays one. */
export function packQuestion(question: Question): Buffer {
  if (question.about === 'signature') {
    const { publicKey, ...plain } = question;
    return serialize({ about: question.about, plain, spki: publicKey.spki } satisfies Packed);
  }
  const { tbs, template, issuer } = question;
  return serialize({
    about: question.about,
    plain: { tbs, template: { ...template, publicKey: undefined } },
    spki: template.publicKey.spki,
    issuer: packIssuer(issuer),
  } satisfies Packed);
}

const mostKnown = 64;

/** Reads what `packQuestion` wrote. Keys of issuers are remembered: loading one takes longer than verifying with it. */
export class QuestionReader {
  readonly #issuers = new Map<string, CertificateIssuer>();
  readonly #keys = new Map<string, SubjectPublicKey>();

  read(bytes: Uint8Array): Question {
    const { about, plain, spki, issuer } = deserialize(bytes) as Packed;
    if (about === 'signature') return { ...plain, publicKey: this.#key(spki) } as Question;
    const { tbs, template } = plain as { tbs: Buffer; template: Omit<CertificateTemplate, 'publicKey'> };
    return {
      about,
      tbs,
      template: { ...template, publicKey: SubjectPublicKey.read(spki) },
      issuer: this.#issuer(issuer as Buffer),
    };
  }

  #issuer(packed: Buffer): CertificateIssuer {
    return remembered(this.#issuers, packed, () => {
      const { plain, spki } = deserialize(packed) as { plain: Omit<CertificateIssuer, 'publicKey'>; spki: Buffer };
      return { ...plain, publicKey: this.#key(spki) };
    });
  }

  #key(spki: Buffer): SubjectPublicKey {
    return remembered(this.#keys, spki, () => SubjectPublicKey.read(spki));
  }
}

function remembered<Value>(known: Map<string, Value>, bytes: Buffer, read: () => Value): Value {
  const name = bytes.toString('latin1');
  const found = known.get(name);
  if (found !== undefined) return found;
  if (known.size >= mostKnown) known.clear();
  const value = read();
  known.set(name, value);
  return value;
}
