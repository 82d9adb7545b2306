import { Socket } from 'node:net';
import { FrameReader, FrameWriter, splitPair } from '../frames.ts';
import { answerFailed, answerOk, type Failure, operations, type StartRequest } from '../protocol.ts';
import { ChildFailure, describeError } from './failure.ts';
import { TokenService } from './service.ts';

/**
 * The process that owns the PKCS#11 module: a vendor's library may crash or hang, and only a process can be ended and
 * started again. It has one pipe, descriptor 3, and ends when the pipe does.
 */
const pipe = new Socket({ fd: 3, readable: true, writable: true });
const writer = new FrameWriter((bytes) => void pipe.write(bytes, () => void bytes.fill(0)));
/** Answers that are ready leave while a long batch is still being worked on. */
const answersPerWrite = 8;

let service: TokenService | undefined;
let retiring = false;
let unsent = 0;
let flushPlanned = false;

function flush(): void {
  flushPlanned = false;
  unsent = 0;
  writer.flush();
}

function answer(id: number, code: number, payload: Uint8Array): void {
  writer.append(id, code, [payload]);
  unsent += 1;
  if (unsent >= answersPerWrite) flush();
  else if (!flushPlanned) {
    flushPlanned = true;
    setImmediate(flush);
  }
}

function refuse(id: number, error: unknown): void {
  const known = error instanceof ChildFailure;
  const failure: Failure = {
    kind: known ? error.kind : 'internal',
    code: known ? error.code : 0,
    text: describeError(error),
  };
  answer(id, answerFailed, Buffer.from(JSON.stringify(failure), 'utf8'));
  if (failure.kind === 'unavailable' || failure.kind === 'operator_needed') retire();
}

/** Nothing short of a new process brings a module back that lost its token: say what is known, then end. */
function retire(): void {
  if (retiring) return;
  retiring = true;
  setImmediate(() => {
    flush();
    pipe.end(() => process.exit(0));
  });
}

function start(payload: Buffer): Buffer {
  const [json, pin] = splitPair(payload);
  try {
    service = TokenService.open(JSON.parse(json.toString('utf8')) as StartRequest, pin);
  } catch (error) {
    throw error instanceof ChildFailure ? error : new ChildFailure('unavailable', describeError(error));
  }
  return Buffer.from(JSON.stringify(service.answer), 'utf8');
}

function handle(id: number, code: number, payload: Buffer): void {
  try {
    if (code === operations.start) {
      answer(id, answerOk, start(payload));
      return;
    }
    if (retiring || !service) throw new ChildFailure('unavailable', 'the token is not open');
    const result = service.handle(code, payload);
    if (!(result instanceof Promise)) answer(id, answerOk, result);
    else result.then((bytes) => answer(id, answerOk, bytes)).catch((error: unknown) => refuse(id, error));
  } catch (error) {
    refuse(id, error);
  }
}

const reader = new FrameReader(handle);
pipe.on('data', (chunk) => reader.push(chunk));
pipe.on('end', () => process.exit(0));
pipe.on('error', () => process.exit(0));
// A terminal's Ctrl-C reaches the whole process group: the server closes the pipe when it has finished.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
