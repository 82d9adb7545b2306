import { vi } from 'vitest';
import { decodePem, parseCrl, serialKey } from '../../../src/x509/index.ts';
import type { Prepare, World, Writes } from './world.ts';

const ca = { common_name: 'CA', key_type: 'ec', ttl: '100h' };

/** Writes of certificate authorities. What changes a mount as a whole has one of its own. */
export function pkiWrites(world: World): Writes {
  return { ...authorityWrites(world), ...settingWrites(world), ...leafWrites(world) };
}

const count = async ({ root }: World, path: string): Promise<number> =>
  (await root('LIST', path)).json?.data?.keys?.length ?? 0;

function authorityWrites(world: World): Writes {
  const { root, made } = world;
  const mount = async (name: string): Promise<string> => {
    await made('POST', `sys/mounts/${name}`, { type: 'pki' });
    return name;
  };
  const withRoot = async (name: string): Promise<{ issuer_id: string; key_id: string; certificate: string }> =>
    made('POST', `${await mount(name)}/root/generate/internal`, ca);
  /** A list of a new mount that gets longer. */
  const grows =
    (path: string, list: string, body: () => Promise<object>): Prepare =>
    async (name) => {
      await mount(name);
      const sent = await body();
      return {
        send: () => root('POST', `${name}/${path}`, sent),
        done: async () => (await count(world, `${name}/${list}`)) > 0,
      };
    };
  const foreign = async (): Promise<string> => (await made('GET', 'pki/cert/ca')).certificate;
  const exported = async (): Promise<string> => {
    const name = `export-${Math.random().toString(36).slice(2)}`;
    const { certificate, private_key: key } = await made('POST', `${await mount(name)}/root/generate/exported`, ca);
    return `${certificate}\n${key}`;
  };
  const keyAlone = async (): Promise<string> => {
    const bundle = await exported();
    return bundle.slice(bundle.indexOf('-----BEGIN EC'));
  };
  const own = async (): Promise<object> => ca;
  return {
    'POST /pki/root/generate/{type}': grows('root/generate/internal', 'issuers', own),
    'POST /pki/root/rotate/{type}': grows('root/rotate/internal', 'issuers', own),
    'POST /pki/root/replace': async (name) => {
      await withRoot(name);
      const { issuer_id: id } = await made('POST', `${name}/root/rotate/internal`, ca);
      return {
        send: () => root('POST', `${name}/root/replace`, {}),
        done: async () => (await made('GET', `${name}/config/issuers`)).default === id,
      };
    },
    'POST /pki/issuers/generate/root/{type}': grows('issuers/generate/root/internal', 'issuers', own),
    'POST /pki/intermediate/generate/{type}': grows('intermediate/generate/internal', 'keys', own),
    'POST /pki/issuers/generate/intermediate/{type}': grows('issuers/generate/intermediate/internal', 'keys', own),
    'POST /pki/keys/generate/{type}': grows('keys/generate/internal', 'keys', async () => ({ key_type: 'ec' })),
    'POST /pki/keys/import': grows('keys/import', 'keys', async () => ({ pem_bundle: await keyAlone() })),
    'POST /pki/config/ca': grows('config/ca', 'issuers', async () => ({ pem_bundle: await exported() })),
    'POST /pki/issuers/import/bundle': grows('issuers/import/bundle', 'issuers', async () => ({
      pem_bundle: await exported(),
    })),
    'POST /pki/issuers/import/cert': grows('issuers/import/cert', 'issuers', async () => ({
      pem_bundle: await foreign(),
    })),
    'POST /pki/intermediate/set-signed': async (name) => {
      await mount(name);
      const { csr } = await made('POST', `${name}/intermediate/generate/internal`, ca);
      const { certificate } = await made('POST', 'pki/root/sign-intermediate', { csr, common_name: name, ttl: '50h' });
      return {
        send: () => root('POST', `${name}/intermediate/set-signed`, { certificate }),
        done: async () => (await count(world, `${name}/issuers`)) > 0,
      };
    },
    'DELETE /pki/root': async (name) => {
      await withRoot(name);
      return {
        send: () => root('DELETE', `${name}/root`),
        done: async () => (await count(world, `${name}/issuers`)) + (await count(world, `${name}/keys`)) === 0,
      };
    },
    'POST /pki/issuer/{issuer_ref}': onIssuer('POST'),
    'PATCH /pki/issuer/{issuer_ref}': onIssuer('PATCH'),
    'DELETE /pki/issuer/{issuer_ref}': async (name) => {
      const { issuer_id: id } = await withRoot(name);
      return {
        send: () => root('DELETE', `${name}/issuer/${id}`),
        done: async () => (await count(world, `${name}/issuers`)) === 0,
      };
    },
    'POST /pki/issuer/{issuer_ref}/revoke': async (name) => {
      const { issuer_id: id } = await withRoot(name);
      return {
        send: () => root('POST', `${name}/issuer/${id}/revoke`, {}),
        done: async () => (await made('GET', `${name}/issuer/${id}`)).revoked,
      };
    },
    'POST /pki/key/{key_ref}': async (name) => {
      const { key_id: id } = await withRoot(name);
      return {
        send: () => root('POST', `${name}/key/${id}`, { key_name: 'named' }),
        done: async () => (await made('GET', `${name}/key/${id}`)).key_name === 'named',
      };
    },
    'DELETE /pki/key/{key_ref}': async (name) => {
      await mount(name);
      const { key_id: id } = await made('POST', `${name}/keys/generate/internal`, { key_type: 'ec' });
      return {
        send: () => root('DELETE', `${name}/key/${id}`),
        done: async () => !(await world.has(`${name}/key/${id}`)),
      };
    },
  };
  function onIssuer(method: string): Prepare {
    return async (name) => {
      const { issuer_id: id } = await withRoot(name);
      return {
        send: () => root(method, `${name}/issuer/${id}`, { issuer_name: 'named' }),
        done: async () => (await made('GET', `${name}/issuer/${id}`)).issuer_name === 'named',
      };
    };
  }
}

function settingWrites(world: World): Writes {
  const { root, made } = world;
  const role = (name: string): string => `pki/roles/${name}`;
  /** Which of two a mount uses by itself. */
  const byDefault =
    (what: 'issuers' | 'keys', field: 'issuer_id' | 'key_id'): Prepare =>
    async (name) => {
      await made('POST', `sys/mounts/${name}`, { type: 'pki' });
      await made('POST', `${name}/root/generate/internal`, ca);
      const second = (await made('POST', `${name}/issuers/generate/root/internal`, ca))[field];
      return {
        send: () => root('POST', `${name}/config/${what}`, { default: second }),
        done: async () => (await made('GET', `${name}/config/${what}`)).default === second,
      };
    };
  return {
    'POST /pki/config/issuers': byDefault('issuers', 'issuer_id'),
    'POST /pki/config/keys': byDefault('keys', 'key_id'),
    'POST /pki/config/crl': world.changes('POST', () => 'pki/config/crl', { expiry: '72h' }, { expiry: '80h' }),
    'POST /pki/config/urls': world.changes(
      'POST',
      () => 'pki/config/urls',
      { ocsp_servers: ['http://a.test'] },
      { ocsp_servers: ['http://b.test'] },
    ),
    'POST /pki/roles/{name}': world.makes('POST', role, { allow_any_name: true }),
    'PATCH /pki/roles/{name}': world.changes('PATCH', role, { allow_any_name: true }, { allow_any_name: false }),
    'DELETE /pki/roles/{name}': world.removes(role, { allow_any_name: true }),
  };
}

function leafWrites(world: World): Writes {
  const { root, made } = world;
  const leaf = async (name: string) => made('POST', 'pki/issue/r', { common_name: `${name}.test` });
  const issuing =
    (path: string, body: (name: string) => Promise<object> | object): Prepare =>
    async (name) => {
      const sent = await body(name);
      return { send: () => root('POST', path, sent), done: await world.grows('certificates') };
    };
  const named = (name: string): object => ({ common_name: `${name}.test` });
  let request: string | undefined;
  /** A key is made once: what is signed again is another certificate all the same. */
  const csr = async (name: string): Promise<object> => {
    if (request === undefined) {
      await made('POST', `sys/mounts/${name}-csr`, { type: 'pki' });
      request = (await made('POST', `${name}-csr/intermediate/generate/internal`, { ...ca, common_name: 'x.test' }))
        .csr;
    }
    return { csr: request, common_name: `${name}.test`, ttl: '1h' };
  };
  const authority = async (name: string): Promise<object> => ({ ...(await csr(name)), common_name: name, ttl: '50h' });
  return {
    'POST /pki/issue/{role}': issuing('pki/issue/r', named),
    'POST /pki/issuer/{issuer_ref}/issue/{role}': issuing('pki/issuer/default/issue/r', named),
    'POST /pki/sign/{role}': issuing('pki/sign/r', csr),
    'POST /pki/issuer/{issuer_ref}/sign/{role}': issuing('pki/issuer/default/sign/r', csr),
    'POST /pki/sign-verbatim': issuing('pki/sign-verbatim', csr),
    'POST /pki/issuer/{issuer_ref}/sign-verbatim': issuing('pki/issuer/default/sign-verbatim', csr),
    'POST /pki/sign-verbatim/{role}': issuing('pki/sign-verbatim/r', csr),
    'POST /pki/issuer/{issuer_ref}/sign-verbatim/{role}': issuing('pki/issuer/default/sign-verbatim/r', csr),
    'POST /pki/root/sign-intermediate': issuing('pki/root/sign-intermediate', authority),
    'POST /pki/issuer/{issuer_ref}/sign-intermediate': issuing('pki/issuer/default/sign-intermediate', authority),
    'POST /pki/revoke': async (name) => {
      const { serial_number: serial } = await leaf(name);
      return {
        send: () => root('POST', 'pki/revoke', { serial_number: serial }),
        done: async () => {
          const isRevoked = (await made('GET', `pki/cert/${serial}`)).revocation_time > 0;
          const list = parseCrl(decodePem((await made('GET', 'pki/cert/crl')).certificate)[0]?.der as Buffer);
          const isListed = list.revoked.has(serialKey(Buffer.from(serial.replaceAll(':', ''), 'hex')));
          if (isRevoked !== isListed)
            throw new Error(isRevoked ? 'revoked, and not in the list' : 'in the list, and not revoked');
          return isRevoked;
        },
      };
    },
    'POST /pki/crl/rotate': async () => {
      const number = async (): Promise<string> => (await made('GET', 'pki/cert/crl')).certificate;
      const before = await number();
      return { send: () => root('POST', 'pki/crl/rotate', {}), done: async () => (await number()) !== before };
    },
    'POST /pki/tidy': async (name) => {
      await made('POST', `sys/mounts/${name}`, { type: 'pki' });
      await made('POST', `${name}/root/generate/internal`, ca);
      await made('POST', `${name}/roles/short`, { allow_any_name: true, key_type: 'ec', ttl: '1m' });
      const { serial_number: serial } = await made('POST', `${name}/issue/short`, named(name));
      world.server.clock.advanceSeconds(120);
      const isOver = async (): Promise<boolean> =>
        (await made('GET', `${name}/tidy-status`)).state.toLowerCase() !== 'running';
      return {
        // Answered before it is done: what is looked at is how it ended.
        send: async () => {
          const answer = await root('POST', `${name}/tidy`, { tidy_cert_store: true, safety_buffer: '1s' });
          await vi.waitUntil(isOver);
          return answer;
        },
        done: async () => !(await world.has(`${name}/cert/${serial}`)),
      };
    },
  };
}
