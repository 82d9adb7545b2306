/** Another program on the token: deletes a key, or plants one with attributes of its choice. Orders come as JSON on standard input. */
import { readFileSync } from 'node:fs';
import pkcs11js from 'pkcs11js';

interface Order {
  readonly modulePath: string;
  readonly label: string;
  readonly pin: string;
  readonly action: 'delete' | 'plant';
  readonly id: string;
  readonly attributes: Readonly<Record<string, boolean>>;
}

const order = JSON.parse(readFileSync(0, 'utf8')) as Order;
const id = Buffer.from(order.id, 'hex');
const module = new pkcs11js.PKCS11();
module.load(order.modulePath);
module.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK });
const slot = module
  .C_GetSlotList(true)
  .find((candidate) => module.C_GetTokenInfo(candidate).label.trim() === order.label);
if (!slot) throw new Error('no token');
const session = module.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
module.C_Login(session, pkcs11js.CKU_USER, order.pin);

function deleteAll(): number {
  module.C_FindObjectsInit(session, [{ type: pkcs11js.CKA_ID, value: id }]);
  const handles = module.C_FindObjects(session, 10);
  module.C_FindObjectsFinal(session);
  for (const handle of handles) module.C_DestroyObject(session, handle);
  return handles.length;
}

const attributeTypes: Readonly<Record<string, number>> = {
  sensitive: pkcs11js.CKA_SENSITIVE,
  extractable: pkcs11js.CKA_EXTRACTABLE,
  wrap: pkcs11js.CKA_WRAP,
  decrypt: pkcs11js.CKA_DECRYPT,
  encrypt: pkcs11js.CKA_ENCRYPT,
  sign: pkcs11js.CKA_SIGN,
};

function plant(): void {
  const chosen = Object.entries(order.attributes).filter(([name]) => name in attributeTypes);
  const own = [
    { type: pkcs11js.CKA_TOKEN, value: true },
    { type: pkcs11js.CKA_ID, value: id },
    { type: pkcs11js.CKA_PRIVATE, value: true },
    ...chosen.map(([name, value]) => ({ type: attributeTypes[name] as number, value })),
  ];
  if (order.attributes['pair'] === true) {
    const curve = { type: pkcs11js.CKA_EC_PARAMS, value: Buffer.from('06082a8648ce3d030107', 'hex') };
    const open = [{ type: pkcs11js.CKA_TOKEN, value: true }, { type: pkcs11js.CKA_ID, value: id }, curve];
    module.C_GenerateKeyPair(session, { mechanism: pkcs11js.CKM_EC_KEY_PAIR_GEN }, open, own);
  } else {
    const length = { type: pkcs11js.CKA_VALUE_LEN, value: 32 };
    module.C_GenerateKey(session, { mechanism: pkcs11js.CKM_AES_KEY_GEN }, [...own, length]);
  }
}

process.stdout.write(String(order.action === 'delete' ? deleteAll() : plant()));
