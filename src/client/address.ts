import { StrongroomError } from '../lib/index.ts';

export interface ServerAddress {
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** `https://127.0.0.1:8200`, for messages. */
  readonly origin: string;
}

function refuse(message: string): never {
  throw new StrongroomError('invalid_field', message, { hint: 'write an address such as https://127.0.0.1:8200' });
}

/** Reads the address of a server. Refuses user names, paths and queries in it, and every scheme but http and https. */
export function parseAddress(text: string): ServerAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return refuse('the address of the server is not a URL');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') refuse('the address must start with https:// or http://');
  if (url.username !== '' || url.password !== '') refuse('the address must not hold a user name or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') refuse('the address must not have a path');
  const secure = url.protocol === 'https:';
  return {
    secure,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    origin: url.origin,
  };
}
