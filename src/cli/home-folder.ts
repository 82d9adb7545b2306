import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';

/**
 * The caller's home folder. Undefined where there is none: a container's user may have neither HOME nor an entry in the
 * list of users, for which Node throws, and a HOME that is empty or relative would mean whatever folder one stands in.
 */
export function findHomeFolder(read: () => string = homedir): string | undefined {
  try {
    const folder = read();
    return isAbsolute(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}
