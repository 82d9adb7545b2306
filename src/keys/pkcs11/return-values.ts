/** PKCS#11 return values and what each of them calls for. Decided by number, never by text. */
export type Remedy =
  /** the session is of no use: take another and repeat once */
  | 'new_session'
  /** no room for another session: work with those there are */
  | 'fewer_sessions'
  /** the handle is dead: find the key again and repeat once */
  | 'find_again'
  /** module, token or log-in is gone: a new child has to start */
  | 'new_module'
  /** nothing is known until a probe has said whether the token lives */
  | 'probe'
  /** the ciphertext or signature is wrong */
  | 'not_authentic'
  /** the request is wrong or not possible with this token */
  | 'refused'
  | 'unsupported'
  /** never repeat: the token locks after a few tries */
  | 'operator_needed';

const byRemedy: Readonly<Record<Remedy, readonly number[]>> = {
  // OPERATION_ACTIVE, OPERATION_NOT_INITIALIZED, SESSION_CLOSED, SESSION_HANDLE_INVALID, SESSION_READ_ONLY
  new_session: [144, 145, 176, 179, 181],
  // HOST_MEMORY, DEVICE_MEMORY, SESSION_COUNT
  fewer_sessions: [2, 49, 177],
  // KEY_HANDLE_INVALID, OBJECT_HANDLE_INVALID
  find_again: [96, 130],
  // SLOT_ID_INVALID, DEVICE_ERROR, DEVICE_REMOVED, TOKEN_NOT_PRESENT, TOKEN_NOT_RECOGNIZED, USER_NOT_LOGGED_IN,
  // CRYPTOKI_NOT_INITIALIZED. Logging in again belongs to the start, where the PIN is: a new child does it.
  new_module: [3, 48, 50, 224, 225, 257, 400],
  // GENERAL_ERROR, FUNCTION_FAILED
  probe: [5, 6],
  // ENCRYPTED_DATA_INVALID, ENCRYPTED_DATA_LEN_RANGE, AEAD_DECRYPT_FAILED, SIGNATURE_INVALID, SIGNATURE_LEN_RANGE
  not_authentic: [64, 65, 66, 192, 193],
  // ARGUMENTS_BAD, ATTRIBUTE_*, DATA_INVALID, DATA_LEN_RANGE, KEY_SIZE_RANGE, KEY_TYPE_INCONSISTENT,
  // KEY_FUNCTION_NOT_PERMITTED, TEMPLATE_INCOMPLETE, TEMPLATE_INCONSISTENT, TOKEN_WRITE_PROTECTED, WRAPPED_KEY_INVALID
  refused: [7, 16, 17, 18, 19, 32, 33, 98, 99, 104, 208, 209, 226, 272, 274],
  // FUNCTION_NOT_SUPPORTED, MECHANISM_INVALID, MECHANISM_PARAM_INVALID, CURVE_NOT_SUPPORTED
  unsupported: [84, 112, 113, 320],
  // PIN_INCORRECT, PIN_INVALID, PIN_LEN_RANGE, PIN_EXPIRED, PIN_LOCKED, USER_PIN_NOT_INITIALIZED
  operator_needed: [160, 161, 162, 163, 164, 258],
};

const remedies: ReadonlyMap<number, Remedy> = new Map(
  (Object.entries(byRemedy) as [Remedy, readonly number[]][]).flatMap(([remedy, codes]) =>
    codes.map((code): [number, Remedy] => [code, remedy]),
  ),
);

export const userAlreadyLoggedIn = 256;
export const alreadyInitialized = 401;
export const attributeTypeInvalid = 18;
export const attributeSensitive = 17;

/** What to do about a return value. What nobody knows (vendors' own are 0x80000000 and above) calls for a probe. */
export function remedyFor(code: number): Remedy {
  return remedies.get(code) ?? 'probe';
}
