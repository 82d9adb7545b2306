import { type AnyRoute, access, field, pageFields, type RouteVerb, route } from '../../core/index.ts';
import { formatGoDuration } from '../../lib/index.ts';
import { type KvStore, readConfig, readMetadata } from './kv-store.ts';
import { deleteNewest, deleteVersions, destroyVersions, undeleteVersions } from './operations/change-versions.ts';
import { listNames, scanNames } from './operations/list-names.ts';
import { deleteSecret, readSecretMetadata, requireMaxVersions, writeSecretMetadata } from './operations/metadata.ts';
import { readSecret, readSubkeys } from './operations/read-secret.ts';
import { patchSecret, writeSecret } from './operations/write-secret.ts';
import { defaultKvConfig } from './records.ts';

const path = { path: field.text() };
const page = { path: field.text().optional(), ...pageFields };
const dataFields = { ...path, data: field.any().optional(), options: field.object().optional() };
const metadataSettings = {
  max_versions: field.integer().optional(),
  cas_required: field.boolean().optional(),
  // Only the mount's may be negative: a key cannot switch off what its mount says.
  delete_version_after: field.seconds().optional(),
};
const customMetadata = { custom_metadata: field.any().optional() };
const metadataFields = { ...path, ...metadataSettings, ...customMetadata };

/** Paths of version 2: what is done stands in the first segment, so that policies can grant each by itself. */
export function versionedRoutes(kv: KvStore): AnyRoute[] {
  return [...configRoutes(kv), ...dataRoutes(kv), ...versionRoutes(kv), ...metadataRoutes(kv)];
}

function configRoutes(kv: KvStore): AnyRoute[] {
  return [
    route({
      id: 'kv.config.read',
      verb: 'GET',
      path: 'config',
      summary: 'Shows the settings of a versioned mount.',
      access: access.capability,
      fields: {},
      handle: async ({ mount }) => {
        const config = await readConfig(kv, mount);
        return {
          data: {
            cas_required: config.casRequired,
            delete_version_after: formatGoDuration(Math.max(0, config.deleteVersionAfterSeconds)),
            max_versions: config.maxVersions,
          },
        };
      },
    }),
    route({
      id: 'kv.config.write',
      verb: 'POST',
      path: 'config',
      summary: 'Changes the settings of a versioned mount.',
      access: access.capability,
      fields: {
        max_versions: field.integer().optional(),
        cas_required: field.boolean().optional(),
        delete_version_after: field.signedSeconds().optional(),
      },
      handle: ({ mount, fields }) =>
        kv.configs.modify(mount, 'config', (before = defaultKvConfig) => ({
          maxVersions: fields.max_versions === undefined ? before.maxVersions : requireMaxVersions(fields.max_versions),
          casRequired: fields.cas_required ?? before.casRequired,
          deleteVersionAfterSeconds: fields.delete_version_after ?? before.deleteVersionAfterSeconds,
        })),
    }),
  ];
}

function dataRoutes(kv: KvStore): AnyRoute[] {
  const exists = async (request: { mount: Parameters<KvStore['metadata']['has']>[0]; fields: { path: string } }) =>
    kv.metadata.has(request.mount, request.fields.path);
  return [
    route({
      id: 'kv.secret.read',
      verb: 'GET',
      path: 'data/:path*',
      summary: 'Reads a secret: its newest version, or the one asked for.',
      access: access.capability,
      fields: { ...path, version: field.integer().optional() },
      handle: (request) => readSecret(kv, request),
    }),
    route({
      id: 'kv.secret.write',
      verb: 'POST',
      path: 'data/:path*',
      summary: 'Writes a new version of a secret.',
      access: access.capability,
      fields: dataFields,
      exists: async ({ mount, fields }) => ((await readMetadata(kv, mount, fields.path))?.body.currentVersion ?? 0) > 0,
      handle: (request) => writeSecret(kv, request),
    }),
    route({
      id: 'kv.secret.patch',
      verb: 'PATCH',
      path: 'data/:path*',
      summary: 'Merges values into the newest version of a secret, as a new version.',
      access: access.capability,
      fields: dataFields,
      handle: (request) => patchSecret(kv, request),
    }),
    route({
      id: 'kv.secret.delete',
      verb: 'DELETE',
      path: 'data/:path*',
      summary: 'Marks the newest version as deleted; it can be brought back.',
      access: access.capability,
      fields: path,
      handle: (request) => deleteNewest(kv, request),
    }),
    route({
      id: 'kv.subkeys.read',
      verb: 'GET',
      path: 'subkeys/:path*',
      summary: 'Shows the names in a secret without its values.',
      access: access.capability,
      fields: { ...path, version: field.integer().optional(), depth: field.integer().optional() },
      handle: (request) => readSubkeys(kv, request),
    }),
    route({
      id: 'kv.metadata.write',
      verb: 'POST',
      path: 'metadata/:path*',
      summary: 'Changes the settings of a secret.',
      access: access.capability,
      fields: metadataFields,
      exists,
      handle: (request) => writeSecretMetadata(kv, request, false),
    }),
  ];
}

function versionRoutes(kv: KvStore): AnyRoute[] {
  const fields = { ...path, versions: field.integers().optional() };
  const one = (verb: string, summary: string, change: typeof deleteVersions): AnyRoute =>
    route({
      id: `kv.versions.${verb}`,
      verb: 'POST',
      path: `${verb}/:path*`,
      summary,
      access: access.capability,
      fields,
      handle: (request) => change(kv, request),
    });
  return [
    one('delete', 'Marks versions as deleted; they can be brought back.', deleteVersions),
    one('undelete', 'Brings deleted versions back.', undeleteVersions),
    one('destroy', 'Takes the values of versions away for good.', destroyVersions),
  ];
}

function metadataRoutes(kv: KvStore): AnyRoute[] {
  const listing = (verb: RouteVerb, id: string, summary: string): AnyRoute =>
    route({
      id,
      verb,
      path: 'metadata/:path*',
      summary,
      access: access.capability,
      fields: page,
      handle: (request) => (verb === 'LIST' ? listNames(kv.metadata, request) : scanNames(kv.metadata, request)),
    });
  return [
    listing('LIST', 'kv.metadata.list', 'Lists the secrets directly below a path.'),
    listing('SCAN', 'kv.metadata.scan', 'Lists every secret below a path.'),
    route({
      id: 'kv.metadata.read',
      verb: 'GET',
      path: 'metadata/:path*',
      summary: 'Shows the versions of a secret and its settings.',
      access: access.capability,
      fields: path,
      handle: (request) => readSecretMetadata(kv, request),
    }),
    route({
      id: 'kv.metadata.patch',
      verb: 'PATCH',
      path: 'metadata/:path*',
      summary: 'Changes the settings of a secret; custom metadata is merged, and null takes back.',
      access: access.capability,
      fields: { ...path, ...field.nullable(metadataSettings), ...customMetadata },
      handle: (request) => writeSecretMetadata(kv, request, true),
    }),
    route({
      id: 'kv.metadata.delete',
      verb: 'DELETE',
      path: 'metadata/:path*',
      summary: 'Removes a secret with every version for good.',
      access: access.capability,
      fields: path,
      handle: (request) => deleteSecret(kv, request),
    }),
  ];
}

/** What a path outside the known first segments most likely means. */
export const versionedPathHint =
  'this mount is versioned: read and write below data/, list below metadata/ (delete/, undelete/, destroy/, subkeys/, config)';
