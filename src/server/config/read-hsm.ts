import { isAbsolute, resolve } from 'node:path';
import type { HclBlock } from '../../lib/hcl/index.ts';
import type { HsmConfig } from './server-config.ts';
import { refuseSetting, SettingReader } from './setting-reader.ts';

/** Vault chooses keys and mechanisms by these; here the server makes its own keys and checks them. */
const ignored = [
  'key_label',
  'hmac_key_label',
  'default_key_label',
  'default_hmac_key_label',
  'generate_key',
  'mechanism',
  'hmac_mechanism',
  'disabled',
  'priority',
  'name',
];

/** A `seal "pkcs11"` or `hsm "pkcs11"` stanza. */
export function readHsm(
  file: string,
  stanza: 'seal' | 'hsm',
  block: HclBlock,
): { hsm: HsmConfig | undefined; notices: readonly string[] } {
  const kind = block.labels[0];
  const where = `${stanza} "${kind}"`;
  const reader = new SettingReader(file, where, block.body);
  if (stanza === 'seal' && kind === 'shamir') return { hsm: undefined, notices: reader.finish() };
  if (kind !== 'pkcs11') {
    return refuseSetting(
      file,
      block.position,
      `${where} is not known`,
      `write ${stanza} "pkcs11" { … }${stanza === 'seal' ? ', or leave it out for key shares' : ''}`,
    );
  }
  const modulePath = reader.requireText(
    'lib',
    'the path of the PKCS#11 module: lib = "/usr/lib/softhsm/libsofthsm2.so"',
  );
  if (!isAbsolute(modulePath))
    reader.refuse('lib', '"lib" must be an absolute path', 'a relative name would let the search path choose');
  if (reader.has('slot')) {
    reader.refuse(
      'slot',
      'a token is not chosen by its slot',
      'slots move when tokens come and go: use token_label or token_serial',
    );
  }
  if (reader.has('pin')) {
    reader.refuse(
      'pin',
      'a PIN does not belong in the configuration',
      'use pin_file (mode 0600), or the environment variable STRONGROOM_HSM_PIN',
    );
  }
  const tokenLabel = reader.text('token_label');
  const tokenSerial = reader.text('token_serial');
  if (tokenLabel === undefined && tokenSerial === undefined)
    reader.refuseMissing(['token_label', 'token_serial'], 'no token is named', 'give token_label or token_serial');
  const pinFile = reader.text('pin_file');
  const sessions = reader.integer('max_parallel', { least: 1, most: 16 });
  const libraryParameters = reader.text('library_parameters');
  const notices = reader.finish(ignored);
  const pin = pinFile === undefined ? { variable: 'STRONGROOM_HSM_PIN' } : { file: resolve(pinFile) };
  return { hsm: { modulePath, tokenLabel, tokenSerial, pin, sessions, libraryParameters }, notices };
}
