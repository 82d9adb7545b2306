import {
  type Answer,
  type AnyRoute,
  access,
  type Core,
  field,
  normalizePolicyName,
  pageFields,
  route,
} from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { describePolicy, listPolicyNames, readPolicy } from './read-policies.ts';
import { writePolicy } from './write-policy.ts';

const name = { name: field.text() };
const writeFields = {
  ...name,
  policy: field.text().optional(),
  rules: field.text().optional(),
  cas: field.integer().optional(),
  cas_required: field.boolean().optional(),
  expiration: field.timeMillis().optional(),
  ttl: field.seconds().optional(),
  allow_slashes_in_identity_templates: field.boolean().optional(),
  allow_wildcards_in_identity_templates: field.boolean().optional(),
};

/** A path of one policy under the one spelling of its name; what is no name stays, and is refused by the handler. */
const canonicalPath =
  (folder: string) =>
  ({ name: text = '' }: Readonly<Record<string, string>>): string => {
    try {
      return `${folder}/${normalizePolicyName(text).name}`;
    } catch {
      return `${folder}/${text}`;
    }
  };

export function policyRoutes(core: Core): AnyRoute[] {
  return [...legacyRoutes(core), ...aclRoutes(core)];
}

/** `sys/policy`, the old name under which clients still ask. */
function legacyRoutes(core: Core): AnyRoute[] {
  const list = async (): Promise<Answer> => {
    const names = await listPolicyNames(core);
    return { data: { keys: names, policies: names }, topLevel: true };
  };
  return [
    ...(['GET', 'LIST'] as const).map((verb) =>
      route({
        id: verb === 'GET' ? 'sys.policy.index' : 'sys.policy.list',
        verb,
        path: 'policy',
        summary: 'Lists the policies.',
        access: access.capability,
        fields: {},
        handle: list,
      }),
    ),
    route({
      id: 'sys.policy.read',
      verb: 'GET',
      path: 'policy/:name*',
      summary: 'Shows a policy.',
      access: access.capability,
      fields: name,
      canonicalPath: canonicalPath('policy'),
      handle: async (request) => {
        const policy = await readPolicy(core, request.fields.name);
        return { data: { name: policy.name, rules: policy.text }, topLevel: true };
      },
    }),
    writeRoute(core, 'sys.policy.write', 'policy'),
    deleteRoute(core, 'sys.policy.delete', 'policy'),
  ];
}

function aclRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'sys.acl_policy.list',
      verb: 'LIST',
      path: 'policies/acl',
      summary: 'Lists the policies.',
      access: access.capability,
      fields: pageFields,
      handle: async (request) => {
        const { after = '', limit = 0 } = request.fields;
        // `root` stands last, whatever its letters say.
        const names = (await listPolicyNames(core)).filter((policy) => policy === 'root' || policy > after);
        const keys = after === 'root' ? [] : limit > 0 ? names.slice(0, limit) : names;
        if (keys.length === 0) throw new StrongroomError('not_found', '', { hint: 'that was the last page' });
        return { data: { keys } };
      },
    }),
    route({
      id: 'sys.acl_policy.read',
      verb: 'GET',
      path: 'policies/acl/:name*',
      summary: 'Shows a policy with its version.',
      access: access.capability,
      fields: name,
      canonicalPath: canonicalPath('policies/acl'),
      handle: async (request) => {
        const policy = await readPolicy(core, request.fields.name);
        return { data: describePolicy(policy) };
      },
    }),
    writeRoute(core, 'sys.acl_policy.write', 'policies/acl'),
    deleteRoute(core, 'sys.acl_policy.delete', 'policies/acl'),
  ];
}

function writeRoute(core: Core, id: string, folder: string): AnyRoute {
  return route({
    id,
    verb: 'POST',
    path: `${folder}/:name*`,
    summary: 'Stores a policy, in HCL or JSON. What does not parse is refused and changes nothing.',
    access: access.capability,
    fields: writeFields,
    canonicalPath: canonicalPath(folder),
    handle: (request) => writePolicy(core, request),
  });
}

function deleteRoute(core: Core, id: string, folder: string): AnyRoute {
  return route({
    id,
    verb: 'DELETE',
    path: `${folder}/:name*`,
    summary: 'Deletes a policy. Credentials that name it lose what it granted at once.',
    access: access.capability,
    fields: name,
    canonicalPath: canonicalPath(folder),
    handle: (request) => core.policies.remove(request.namespace, normalizePolicyName(request.fields.name).name),
  });
}
