import type { MacKey } from '../../../crypto/index.ts';
import type { AuditDevice } from './device.ts';
import { DiscardDevice } from './discard-device.ts';
import { FileDevice } from './file-device.ts';
import type { SinkTarget } from './sink-config.ts';
import { type ConnectSocket, SocketDevice } from './socket-device.ts';
import { StdoutDevice } from './stdout-device.ts';

/** Makes the device of a target; it is opened by its sink. */
export type MakeDevice = (target: SinkTarget) => AuditDevice;

export function deviceMaker(chainKey: MacKey, connect?: ConnectSocket): MakeDevice {
  return (target) => {
    switch (target.kind) {
      case 'file':
        return new FileDevice(target.filePath, chainKey);
      case 'stdout':
        return new StdoutDevice();
      case 'discard':
        return new DiscardDevice();
      case 'socket':
        return new SocketDevice(target, connect);
    }
  };
}
