import pkcs11js from 'pkcs11js';
import type { KeyAlgorithm } from '../../port.ts';
import type { ImportOrder, KeyOrder } from '../protocol.ts';
import { cryptokiNumbers, type Mechanism, type Template } from './cryptoki.ts';

const curveParameters: Readonly<Partial<Record<KeyAlgorithm, string>>> = {
  'ec-p256': '06082a8648ce3d030107',
  'ec-p384': '06052b81040022',
  'ec-p521': '06052b81040023',
};

/** Ed25519 by its OID (PKCS#11 3.0), else by its name (older tokens). */
export const ed25519Parameters = ['06032b6570', '130c656477617264733235353139'] as const;

export interface KeyTemplates {
  readonly mechanism: Mechanism;
  /** Key pairs only. */
  readonly publicKey?: Template;
  readonly privateKey: Template;
}

type TemplateOrder = Pick<KeyOrder, 'algorithm' | 'label' | 'usages' | 'id'> & {
  /** False for keys that live as long as this process: probes and trials. */
  readonly onToken: boolean;
};

export function keyTypeOf(algorithm: KeyAlgorithm): number {
  if (algorithm === 'aes-256') return pkcs11js.CKK_AES;
  if (algorithm === 'hmac-sha256') return pkcs11js.CKK_GENERIC_SECRET;
  if (algorithm === 'ed25519') return cryptokiNumbers.CKK_EC_EDWARDS;
  return algorithm.startsWith('rsa-') ? pkcs11js.CKK_RSA : pkcs11js.CKK_EC;
}

/** Every flag is said, as defaults differ between tokens (SoftHSM: not sensitive, and free to wrap). */
export function privateTemplate(order: TemplateOrder): Template {
  const { algorithm, usages } = order;
  const secret = algorithm === 'aes-256' || algorithm === 'hmac-sha256';
  const template: Template = [
    { type: pkcs11js.CKA_CLASS, value: secret ? pkcs11js.CKO_SECRET_KEY : pkcs11js.CKO_PRIVATE_KEY },
    { type: pkcs11js.CKA_KEY_TYPE, value: keyTypeOf(algorithm) },
    { type: pkcs11js.CKA_TOKEN, value: order.onToken },
    { type: pkcs11js.CKA_PRIVATE, value: true },
    { type: pkcs11js.CKA_SENSITIVE, value: true },
    { type: pkcs11js.CKA_EXTRACTABLE, value: false },
    { type: pkcs11js.CKA_ID, value: Buffer.from(order.id, 'hex') },
    { type: pkcs11js.CKA_LABEL, value: Buffer.from(order.label, 'utf8') },
    { type: pkcs11js.CKA_SIGN, value: usages.includes('sign') || usages.includes('mac') },
    { type: pkcs11js.CKA_DECRYPT, value: usages.includes('decrypt') },
    { type: pkcs11js.CKA_UNWRAP, value: false },
  ];
  if (!secret) return template;
  return [
    ...template,
    { type: pkcs11js.CKA_ENCRYPT, value: usages.includes('encrypt') },
    { type: pkcs11js.CKA_WRAP, value: false },
    { type: pkcs11js.CKA_VERIFY, value: usages.includes('mac') },
  ];
}

function publicTemplate(order: TemplateOrder): Template {
  return [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PUBLIC_KEY },
    { type: pkcs11js.CKA_KEY_TYPE, value: keyTypeOf(order.algorithm) },
    { type: pkcs11js.CKA_TOKEN, value: order.onToken },
    { type: pkcs11js.CKA_PRIVATE, value: false },
    { type: pkcs11js.CKA_ID, value: Buffer.from(order.id, 'hex') },
    { type: pkcs11js.CKA_LABEL, value: Buffer.from(order.label, 'utf8') },
    { type: pkcs11js.CKA_VERIFY, value: true },
    { type: pkcs11js.CKA_ENCRYPT, value: false },
    { type: pkcs11js.CKA_WRAP, value: false },
  ];
}

/** How a key of that order is generated. `edwards` picks one of the two spellings of Ed25519. */
export function generationTemplates(order: TemplateOrder, edwards: string = ed25519Parameters[0]): KeyTemplates {
  const { algorithm } = order;
  const privateKey = privateTemplate(order);
  if (algorithm === 'aes-256' || algorithm === 'hmac-sha256') {
    const mechanism = algorithm === 'aes-256' ? pkcs11js.CKM_AES_KEY_GEN : pkcs11js.CKM_GENERIC_SECRET_KEY_GEN;
    return { mechanism: { mechanism }, privateKey: [...privateKey, { type: pkcs11js.CKA_VALUE_LEN, value: 32 }] };
  }
  if (algorithm.startsWith('rsa-')) {
    const size: Template = [
      { type: pkcs11js.CKA_MODULUS_BITS, value: Number(algorithm.slice(4)) },
      { type: pkcs11js.CKA_PUBLIC_EXPONENT, value: Buffer.from('010001', 'hex') },
    ];
    const mechanism = { mechanism: pkcs11js.CKM_RSA_PKCS_KEY_PAIR_GEN };
    return { mechanism, publicKey: [...publicTemplate(order), ...size], privateKey };
  }
  const parameters = curveParameters[algorithm];
  const mechanism =
    parameters === undefined ? cryptokiNumbers.CKM_EC_EDWARDS_KEY_PAIR_GEN : pkcs11js.CKM_EC_KEY_PAIR_GEN;
  const curve = { type: pkcs11js.CKA_EC_PARAMS, value: Buffer.from(parameters ?? edwards, 'hex') };
  return { mechanism: { mechanism }, publicKey: [...publicTemplate(order), curve], privateKey };
}

/** The public object of an imported key pair. */
export function importedPublicTemplate(order: ImportOrder, edwards: string = ed25519Parameters[0]): Template {
  const base = publicTemplate({ ...order, onToken: true });
  if (order.modulus !== undefined && order.exponent !== undefined) {
    return [
      ...base,
      { type: pkcs11js.CKA_MODULUS, value: Buffer.from(order.modulus, 'base64') },
      { type: pkcs11js.CKA_PUBLIC_EXPONENT, value: Buffer.from(order.exponent, 'base64') },
    ];
  }
  const parameters = curveParameters[order.algorithm] ?? edwards;
  return [
    ...base,
    { type: pkcs11js.CKA_EC_PARAMS, value: Buffer.from(parameters, 'hex') },
    { type: pkcs11js.CKA_EC_POINT, value: Buffer.from(order.point ?? '', 'base64') },
  ];
}
