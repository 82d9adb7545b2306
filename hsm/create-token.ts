/**
 * Makes a SoftHSM token in a folder of its own, or finds the one that is there. No PIN is an argument or a variable of
 * the environment: both live in files that only their owner reads.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import pkcs11js from 'pkcs11js';

const modulePaths = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

const usage = `usage: create-token --folder FOLDER [--label LABEL] [--pin-file FILE] [--so-pin-file FILE] [--module FILE]

Makes FOLDER/softhsm2.conf, FOLDER/tokens and a token named LABEL (strongroom). PIN files that are missing are made with
a random PIN and mode 0600: FOLDER/pin and FOLDER/so-pin unless named. A token of that label that exists is left alone.`;

interface Plan {
  readonly folder: string;
  readonly label: string;
  readonly pinFile: string;
  readonly soPinFile: string;
  readonly modulePath: string;
}

function fail(message: string): never {
  process.stderr.write(`create-token: ${message}\n`);
  process.exit(1);
}

function readPlan(): Plan {
  const text = { type: 'string' } as const;
  if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  const { values } = parseArgs({
    options: { folder: text, label: text, 'pin-file': text, 'so-pin-file': text, module: text },
  });
  if (values.folder === undefined) fail(`no folder given\n${usage}`);
  const folder = resolve(values.folder);
  const label = values.label ?? 'strongroom';
  // CK_TOKEN_INFO.label has 32 bytes.
  if (!/^[\x21-\x7e]([\x20-\x7e]{0,30}[\x21-\x7e])?$/.test(label))
    fail('a label has 1 to 32 printable ASCII characters');
  const modulePath = values.module ?? modulePaths.find((path) => existsSync(path));
  if (modulePath === undefined) fail('no SoftHSM library found: install softhsm2, or name it with --module');
  if (!isAbsolute(modulePath)) fail('--module needs an absolute path');
  const pinFile = resolve(values['pin-file'] ?? join(folder, 'pin'));
  return { folder, label, pinFile, soPinFile: resolve(values['so-pin-file'] ?? join(folder, 'so-pin')), modulePath };
}

function writeConfiguration(folder: string): string {
  mkdirSync(join(folder, 'tokens'), { recursive: true, mode: 0o700 });
  const path = join(folder, 'softhsm2.conf');
  const lines = [
    `directories.tokendir = ${join(folder, 'tokens')}`,
    'objectstore.backend = file',
    'log.level = ERROR',
    'slots.removable = false',
  ];
  if (!existsSync(path)) writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return path;
}

/** The PIN in a file, or a new random one written there for its owner alone. */
function readOrMakePin(path: string): string {
  if (!existsSync(path)) {
    const handle = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
    writeSync(handle, `${randomBytes(24).toString('base64url')}\n`);
    closeSync(handle);
  }
  if ((statSync(path).mode & 0o077) !== 0) fail(`${path} can be read by others: chmod 600 it`);
  const pin = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  if (Buffer.byteLength(pin) < 4 || Buffer.byteLength(pin) > 255) fail(`the PIN in ${path} needs 4 to 255 bytes`);
  return pin;
}

function hasLabel(module: pkcs11js.PKCS11, slot: pkcs11js.Handle, label: string): boolean {
  return module.C_GetTokenInfo(slot).label.replace(/[ \0]+$/, '') === label;
}

/** SoftHSM shows one slot more than it has tokens: the empty one, which takes the next token. */
function initialise(module: pkcs11js.PKCS11, plan: Plan): void {
  const tokenInitialized = 0x400;
  const isEmpty = (slot: pkcs11js.Handle): boolean => (module.C_GetTokenInfo(slot).flags & tokenInitialized) === 0;
  const empty = module.C_GetSlotList(true).find(isEmpty);
  if (!empty) fail('no empty slot');
  const soPin = readOrMakePin(plan.soPinFile);
  const pin = readOrMakePin(plan.pinFile);
  module.C_InitToken(empty, soPin, plan.label.padEnd(32));
  // Initialising moves the token to a slot of its own.
  const slot = module.C_GetSlotList(true).find((candidate) => hasLabel(module, candidate, plan.label));
  if (!slot) fail('the new token does not show');
  const session = module.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
  module.C_Login(session, pkcs11js.CKU_SO, soPin);
  module.C_InitPIN(session, pin);
  module.C_Logout(session);
  module.C_CloseSession(session);
}

function main(): void {
  const plan = readPlan();
  process.umask(0o077);
  mkdirSync(plan.folder, { recursive: true, mode: 0o700 });
  const configuration = writeConfiguration(plan.folder);
  process.env['SOFTHSM2_CONF'] = configuration;
  const module = new pkcs11js.PKCS11();
  module.load(plan.modulePath);
  module.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK });
  const labelled = module.C_GetSlotList(true).filter((slot) => hasLabel(module, slot, plan.label));
  if (labelled.length > 1) fail(`${labelled.length} tokens are named ${plan.label}`);
  if (labelled.length === 0) initialise(module, plan);
  const slot = module.C_GetSlotList(true).find((candidate) => hasLabel(module, candidate, plan.label));
  if (!slot) fail('the token does not show');
  const facts = {
    created: labelled.length === 0,
    module: plan.modulePath,
    configuration,
    label: plan.label,
    serial: module.C_GetTokenInfo(slot).serialNumber.replace(/[ \0]+$/, ''),
    pinFile: plan.pinFile,
  };
  module.C_Finalize();
  process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
}

main();
