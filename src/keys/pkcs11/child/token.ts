import pkcs11js from 'pkcs11js';
import type { StartRequest } from '../protocol.ts';
import { remedyFor, userAlreadyLoggedIn } from '../return-values.ts';
import { type Cryptoki, cryptokiNumbers, type Handle } from './cryptoki.ts';
import { ChildFailure, describeError, returnValueOf } from './failure.ts';

export interface Token {
  readonly slot: Handle;
  readonly label: string;
  readonly serial: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly flags: number;
  /** 0 = no limit. */
  readonly maximumSessions: number;
}

/** Token texts are padded with blanks to a fixed width. */
const unpad = (text: string): string => text.replace(/[ \0]+$/, '');

function readToken(cryptoki: Cryptoki, slot: Handle): Token | undefined {
  try {
    const info = cryptoki.C_GetTokenInfo(slot);
    const sessions = Number(info.maxSessionCount);
    return {
      slot,
      label: unpad(info.label),
      serial: unpad(info.serialNumber),
      manufacturer: unpad(info.manufacturerID),
      model: unpad(info.model),
      flags: info.flags,
      // All ones means the token does not say.
      maximumSessions: sessions >= 0xffff_ffff ? 0 : sessions,
    };
  } catch {
    return undefined;
  }
}

/** The one token of that label and serial. Slots are never chosen by index: indices change when a reader is plugged in. */
export function chooseToken(cryptoki: Cryptoki, wanted: Pick<StartRequest, 'tokenLabel' | 'tokenSerial'>): Token {
  const { tokenLabel, tokenSerial } = wanted;
  if (tokenLabel === undefined && tokenSerial === undefined) {
    throw new ChildFailure('operator_needed', 'the token needs a label or a serial number');
  }
  const fitting = cryptoki
    .C_GetSlotList(true)
    .map((slot) => readToken(cryptoki, slot))
    .filter((token) => token !== undefined)
    .filter((token) => (token.flags & cryptokiNumbers.tokenInitialized) !== 0)
    .filter((token) => tokenLabel === undefined || token.label === tokenLabel)
    .filter((token) => tokenSerial === undefined || token.serial === tokenSerial);
  const [token] = fitting;
  if (token === undefined) throw new ChildFailure('unavailable', 'no token of that label and serial is present');
  if (fitting.length > 1) {
    throw new ChildFailure('operator_needed', `${fitting.length} tokens fit: name the one meant by its serial number`);
  }
  return token;
}

/**
 * Opens the session that keeps the log-in (never used for work, never closed: closing an application's last session logs
 * it out) and logs in with a single try.
 */
export function logIn(cryptoki: Cryptoki, token: Token, pin: Buffer): Handle {
  if ((token.flags & cryptokiNumbers.userPinLocked) !== 0) {
    throw new ChildFailure('operator_needed', 'the token has locked its PIN');
  }
  if ((token.flags & cryptokiNumbers.userPinFinalTry) !== 0) {
    throw new ChildFailure('operator_needed', 'one PIN try is left on the token: log in by hand first');
  }
  const session = cryptoki.C_OpenSession(token.slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
  const onToken = (token.flags & cryptokiNumbers.protectedAuthenticationPath) !== 0;
  try {
    if (onToken) cryptoki.C_Login(session, pkcs11js.CKU_USER);
    else cryptoki.C_Login(session, pkcs11js.CKU_USER, pin.toString('utf8'));
  } catch (error) {
    const code = returnValueOf(error);
    if (code === userAlreadyLoggedIn) return session;
    const kind = remedyFor(code) === 'operator_needed' ? 'operator_needed' : 'unavailable';
    throw new ChildFailure(kind, `log-in refused: ${describeError(error)}`, code);
  }
  return session;
}
