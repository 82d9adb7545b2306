import { readFile } from 'node:fs/promises';
import { type AuditHead, type AuditVerdict, parseHead, readAuditHead, verifyAuditLog } from '../core/index.ts';
import { PublicKey } from '../crypto/index.ts';
import { StrongroomError } from '../lib/index.ts';
import { decodePem } from '../x509/index.ts';

export interface VerifyFileOptions {
  readonly file: string;
  /** A head kept elsewhere; the one beside the log when absent. */
  readonly headFile?: string;
  /** PEM of the key that signs checkpoints (`sys/audit/key`); without it signatures are not checked. */
  readonly publicKeyFile?: string;
}

/** Checks an audit log offline, as `strongroom audit verify` does. */
export async function verifyAuditFile(options: VerifyFileOptions): Promise<AuditVerdict> {
  const head = await findHead(options);
  const key = options.publicKeyFile === undefined ? undefined : await readKey(options.publicKeyFile);
  const scheme = key?.algorithm === 'ed25519' ? 'ed25519' : 'ecdsa-sha256';
  try {
    return await verifyAuditLog(options.file, {
      ...(head && { head }),
      ...(key && { verifySignature: (digest, signature) => key.verify(scheme, digest, signature) }),
    });
  } catch (cause) {
    throw unreadable(options.file, cause);
  }
}

async function findHead({ file, headFile }: VerifyFileOptions): Promise<AuditHead | undefined> {
  const head = headFile === undefined ? await readAuditHead(file) : parseHead(await readText(headFile));
  if (head !== 'unreadable') return head;
  throw new StrongroomError('invalid_request', `the head ${headFile ?? `${file}.head`} says nothing readable`, {
    hint: 'give one that is whole with -head=FILE',
  });
}

async function readKey(path: string): Promise<PublicKey> {
  const [block] = decodePem(await readText(path));
  if (block?.label === 'PUBLIC KEY') return PublicKey.fromSpki(block.der);
  throw new StrongroomError('invalid_request', `${path} holds no public key`, {
    hint: 'a PEM file that begins with BEGIN PUBLIC KEY',
  });
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by you',
};

function unreadable(path: string, cause: unknown): StrongroomError {
  if (cause instanceof StrongroomError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return new StrongroomError('invalid_request', `${path} ${reasons[code] ?? 'cannot be read'}`, {
    hint: 'name a file that is there and that you may read',
    cause,
  });
}
