import pkcs11js from 'pkcs11js';
import { describe, expect, it } from 'vitest';
import type { KeyOrder } from '../protocol.ts';
import type { Cryptoki, Template } from './cryptoki.ts';
import { KeyMaker } from './key-maker.ts';
import { KeyObjects } from './key-objects.ts';

const order: KeyOrder = { algorithm: 'aes-256', label: 'k', usages: ['encrypt', 'decrypt'], id: 'ab'.repeat(20) };
const yes = Buffer.from([1]);
const no = Buffer.from([0]);
const ulong = (value: number): Buffer => Buffer.from([value, 0, 0, 0, 0, 0, 0, 0]);

/** A token that keeps keys as it likes, whatever the template says. */
function laxToken(lies: Readonly<Record<number, Buffer>>) {
  const honest: Readonly<Record<number, Buffer>> = {
    [pkcs11js.CKA_KEY_TYPE]: ulong(pkcs11js.CKK_AES),
    [pkcs11js.CKA_VALUE_LEN]: ulong(32),
    [pkcs11js.CKA_SENSITIVE]: yes,
    [pkcs11js.CKA_EXTRACTABLE]: no,
    [pkcs11js.CKA_ALWAYS_SENSITIVE]: yes,
    [pkcs11js.CKA_NEVER_EXTRACTABLE]: yes,
    [pkcs11js.CKA_LOCAL]: yes,
    [pkcs11js.CKA_ENCRYPT]: yes,
    [pkcs11js.CKA_DECRYPT]: yes,
    [pkcs11js.CKA_WRAP]: no,
  };
  const attributes = { ...honest, ...lies };
  let keys = 0;
  let generated = 0;
  let wanted: Template = [];
  const cryptoki = {
    C_OpenSession: () => Buffer.alloc(8),
    C_CloseSession: () => undefined,
    C_FindObjectsInit: (_: Buffer, template: Template) => {
      wanted = template;
    },
    C_FindObjects: () => {
      const secret = wanted.some(({ type, value }) => type === pkcs11js.CKA_CLASS && value === pkcs11js.CKO_SECRET_KEY);
      return secret ? Array.from({ length: keys }, () => Buffer.alloc(8)) : [];
    },
    C_FindObjectsFinal: () => undefined,
    C_GetAttributeValue: (_: Buffer, __: Buffer, [attribute]: Template) => [
      { type: attribute?.type, value: attributes[attribute?.type ?? 0] ?? no },
    ],
    C_GenerateKeyAsync: async () => {
      keys += 1;
      generated += 1;
    },
    C_DestroyObject: () => {
      keys -= 1;
    },
  } as unknown as Cryptoki;
  const openSession = (): Buffer => Buffer.alloc(8);
  const objects = new KeyObjects(cryptoki, openSession);
  const maker = new KeyMaker({ cryptoki, objects, openSession, probe: async () => undefined });
  return { maker, keys: () => keys, generated: () => generated };
}

describe('making keys in a token', () => {
  const lies = [
    ['extractable', { [pkcs11js.CKA_EXTRACTABLE]: yes }],
    ['not sensitive', { [pkcs11js.CKA_SENSITIVE]: no }],
    ['not always sensitive', { [pkcs11js.CKA_ALWAYS_SENSITIVE]: no }],
    ['once extractable', { [pkcs11js.CKA_NEVER_EXTRACTABLE]: no }],
    ['not made inside', { [pkcs11js.CKA_LOCAL]: no }],
    ['wrapping and decrypting', { [pkcs11js.CKA_WRAP]: yes }],
  ] as const;

  it.each(lies)(
    'SEAL-05: a token that keeps the new key %s is found out, and the key destroyed',
    async (_, attributes) => {
      const token = laxToken(attributes);
      await expect(token.maker.generate(order)).rejects.toMatchObject({ kind: 'key_unsafe' });
      expect(token.generated()).toBe(1);
      expect(token.keys()).toBe(0);
    },
  );

  it('an honest token keeps its key, and orders for one id at once make one', async () => {
    const token = laxToken({});
    const [first, second] = await Promise.all([token.maker.generate(order), token.maker.generate(order)]);
    expect(second).toEqual(first);
    expect(token.generated()).toBe(1);
    await expect(token.maker.generate({ ...order, algorithm: 'ec-p256' })).rejects.toMatchObject({ kind: 'id_taken' });
    await token.maker.destroy(Buffer.from(order.id, 'hex'));
    expect(token.keys()).toBe(0);
  });
});
