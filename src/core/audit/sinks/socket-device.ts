import { connect as connectSocket, type Socket } from 'node:net';
import type { AuditDevice, DeviceStart } from './device.ts';
import type { SinkTarget } from './sink-config.ts';
import { freshStart } from './stdout-device.ts';

export type SocketTarget = Extract<SinkTarget, { kind: 'socket' }>;

/** Starts a connection; the composition root passes one that refuses addresses a sink must not reach. */
export type ConnectSocket = (target: SocketTarget) => Socket;

export const plainConnect: ConnectSocket = (target) =>
  target.network === 'unix'
    ? connectSocket({ path: target.socketPath })
    : connectSocket({ host: target.host, port: target.port, noDelay: true, keepAlive: true });

/** A TCP or Unix stream. Each connection carries a log of its own, from a `begin` line on. */
export class SocketDevice implements AuditDevice {
  readonly reopens = true;
  readonly #target: SocketTarget;
  readonly #connect: ConnectSocket;
  #socket: Socket | undefined;
  #waiting: ((error?: unknown) => void) | undefined;

  constructor(target: SocketTarget, connect: ConnectSocket = plainConnect) {
    this.#target = target;
    this.#connect = connect;
  }

  async open(lost: (error: unknown) => void): Promise<DeviceStart> {
    await this.close();
    const socket = this.#connect(this.#target);
    this.#socket = socket;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('connect', () => resolve());
    socket.on('error', (error) => {
      reject(error);
      this.#answer(socket, error);
    });
    socket.on('close', () => {
      const closed = new Error('the audit socket was closed');
      reject(closed);
      if (!this.#answer(socket, closed) && this.#socket === socket) lost(closed);
    });
    // What the other side sends is read and thrown away: unread bytes would hide that it closed.
    socket.resume();
    await promise;
    return freshStart;
  }

  append(bytes: Buffer, done: (error?: unknown) => void): void {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) {
      done(new Error('the audit socket is not connected'));
      return;
    }
    this.#waiting = done;
    socket.write(bytes, (error) => this.#answer(socket, error ?? undefined));
  }

  abandon(): void {
    this.#socket?.destroy();
  }

  async saveHead(): Promise<void> {}

  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#answer(socket, new Error('the audit socket was closed'));
    this.#socket = undefined;
    socket.destroySoon();
  }

  /** Tells the append under way how it ended; false when there was none. */
  #answer(socket: Socket, error: unknown): boolean {
    const done = this.#waiting;
    if (done === undefined || this.#socket !== socket) return false;
    this.#waiting = undefined;
    done(error);
    return true;
  }
}
