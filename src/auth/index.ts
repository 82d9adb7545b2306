import type { Core, Engine } from '../core/index.ts';
import { createCertMethod } from './cert/index.ts';
import { createTokenMethod } from './token/index.ts';
import { createUserpassMethod } from './userpass/index.ts';

/** Every auth method of this server: a new one is a folder and a line here. */
export function createAuthMethods(core: Core): Engine[] {
  return [createTokenMethod(core), createUserpassMethod(core), createCertMethod(core)];
}
