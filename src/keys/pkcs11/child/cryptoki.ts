import { isAbsolute } from 'node:path';
import pkcs11js from 'pkcs11js';
import { alreadyInitialized } from '../return-values.ts';
import { ChildFailure, describeError, returnValueOf } from './failure.ts';

/** The PKCS#11 functions as pkcs11js offers them; tests put a token of their own in its place. */
export type Cryptoki = pkcs11js.PKCS11;
export type Handle = pkcs11js.Handle;
export type Mechanism = pkcs11js.Mechanism;
export type Template = pkcs11js.Template;

/** Numbers of PKCS#11 3.x that pkcs11js does not name, and two bits of CK_TOKEN_INFO.flags. */
export const cryptokiNumbers = {
  CKK_EC_EDWARDS: 0x40,
  CKM_EC_EDWARDS_KEY_PAIR_GEN: 0x1055,
  CKM_EDDSA: 0x1057,
  CKM_AES_KEY_WRAP_KWP: 0x210b,
  /** Means RFC 5649 in older tokens; the self-test after an import finds out where it does not. */
  CKM_AES_KEY_WRAP_PAD_OLD: 0x210a,
  CKA_PUBLIC_KEY_INFO: 0x129,
  CKZ_DATA_SPECIFIED: 1,
  tokenInitialized: 0x400,
  protectedAuthenticationPath: 0x100,
  userPinFinalTry: 0x20000,
  userPinLocked: 0x40000,
} as const;

/** Held for the life of the process: collected as garbage, the library would be unloaded under running calls. */
let loaded: Cryptoki | undefined;

/**
 * Loads and initialises the module for use from several threads. Without the locking flag the module may assume a single
 * thread, and threaded calls are undefined behaviour.
 */
export function loadModule(path: string, libraryParameters: string | undefined): Cryptoki {
  if (!isAbsolute(path)) throw new ChildFailure('operator_needed', 'the PKCS#11 module needs an absolute path');
  const module = new pkcs11js.PKCS11();
  loaded = module;
  try {
    module.load(path);
  } catch (error) {
    throw new ChildFailure('unavailable', `the PKCS#11 module cannot be loaded: ${describeError(error)}`);
  }
  try {
    const parameters = libraryParameters === undefined ? {} : { libraryParameters };
    module.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK, ...parameters });
  } catch (error) {
    const code = returnValueOf(error);
    if (code !== alreadyInitialized) throw new ChildFailure('unavailable', describeError(error), code);
  }
  return loaded;
}
