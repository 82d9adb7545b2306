import type { Socket } from 'node:net';
import type { Connection } from './connection.ts';
import type { ListenerLimits } from './limits.ts';

function sentBytes(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}

/**
 * True when the client has left bytes of its answer unread for a whole window and taken fewer than `minReadBytes` of
 * them meanwhile. Called at intervals; the note it leaves on the connection is all it remembers (HTTP-09).
 */
export function readsTooSlowly(connection: Connection, nowMillis: number, limits: ListenerLimits): boolean {
  const { socket } = connection;
  if (socket.writableLength === 0) {
    connection.unread = undefined;
    return false;
  }
  const sent = sentBytes(socket);
  const { unread } = connection;
  if (unread === undefined) {
    connection.unread = { sinceMillis: nowMillis, sentBytes: sent };
    return false;
  }
  if (nowMillis - unread.sinceMillis < limits.readWindowMillis) return false;
  if (sent - unread.sentBytes < limits.minReadBytes) return true;
  connection.unread = { sinceMillis: nowMillis, sentBytes: sent };
  return false;
}

/**
 * True when a request has been in flight for `stallMillis` and not a byte has moved either way. Node's own socket timeout
 * would do the same at the price of a timer made anew for every request.
 */
export function hasStalled(connection: Connection, nowMillis: number, limits: ListenerLimits): boolean {
  const { socket, inFlight, movement } = connection;
  const movedBytes = socket.bytesRead + socket.bytesWritten;
  if (inFlight === 0) {
    connection.movement = undefined;
    return false;
  }
  if (movement === undefined || movement.movedBytes !== movedBytes) {
    connection.movement = { sinceMillis: nowMillis, movedBytes };
    return false;
  }
  return nowMillis - movement.sinceMillis >= limits.stallMillis;
}
