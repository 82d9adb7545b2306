import type { Core, Engine } from '../../core/index.ts';
import { openCertStore } from './cert-store.ts';
import { confirmLogin } from './operations/confirm-login.ts';
import { certRoutes } from './routes.ts';

/** Machines that log in with the client certificate of their TLS connection. */
export function createCertMethod(core: Core): Engine {
  const store = openCertStore(core);
  return {
    type: 'cert',
    kind: 'auth',
    description: 'TLS client certificates',
    routes: certRoutes(store),
    confirmLogin: (token, mount, request) => confirmLogin(store, token, mount, request),
  };
}
