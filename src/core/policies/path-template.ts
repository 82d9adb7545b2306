import { StrongroomError } from '../../lib/index.ts';

/** What `{{identity.…}}` in a path can read: the caller's own entity and the groups it is a member of, nothing else. */
export interface TemplateIdentity {
  readonly entity: {
    readonly id: string;
    readonly name: string;
    readonly metadata: Readonly<Record<string, string>>;
    readonly aliases: readonly TemplateAlias[];
  };
  readonly groups: readonly {
    readonly id: string;
    readonly name: string;
    readonly metadata: Readonly<Record<string, string>>;
  }[];
}

export interface TemplateAlias {
  readonly mountAccessor: string;
  readonly id: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly customMetadata: Readonly<Record<string, string>>;
}

type Lookup = (identity: TemplateIdentity) => string | undefined;

/** Literal text and look-ups in turn: `texts[0] lookups[0] texts[1] … texts[n]`. */
export interface PathTemplate {
  readonly texts: readonly string[];
  readonly lookups: readonly Lookup[];
}

export interface TemplateAllowance {
  readonly slashes: boolean;
  readonly wildcards: boolean;
}

/** Parses a path with `{{…}}`; undefined when there is none. Throws `invalid_request` for what no identity can answer. */
export function parsePathTemplate(path: string): PathTemplate | undefined {
  if (!path.includes('{{') && !path.includes('}}')) return undefined;
  const texts: string[] = [];
  const lookups: Lookup[] = [];
  let index = 0;
  for (;;) {
    const open = path.indexOf('{{', index);
    const text = path.slice(index, open === -1 ? path.length : open);
    if (text.includes('}}')) refuse('unbalanced templating characters');
    texts.push(text);
    if (open === -1) return { texts, lookups };
    const close = path.indexOf('}}', open + 2);
    if (close === -1) refuse('unbalanced templating characters');
    lookups.push(parseSelector(path.slice(open + 2, close).trim()));
    index = close + 2;
  }
}

/**
 * The path for one caller, or undefined when a value is missing, empty, or would change the shape of the path: a
 * `/` moves the rule to another depth, `+` and `*` widen it. Control characters are never accepted.
 */
export function renderPathTemplate(
  template: PathTemplate,
  identity: TemplateIdentity | undefined,
  allowance: TemplateAllowance,
): string | undefined {
  if (identity === undefined) return undefined;
  let path = template.texts[0] as string;
  for (let index = 0; index < template.lookups.length; index += 1) {
    const value = (template.lookups[index] as Lookup)(identity);
    if (value === undefined || !isAcceptable(value, allowance)) return undefined;
    path += value + (template.texts[index + 1] as string);
  }
  return path;
}

function isAcceptable(value: string, allowance: TemplateAllowance): boolean {
  if (value === '' || value === '.' || value === '..' || /\p{C}/u.test(value)) return false;
  if (!allowance.slashes && value.includes('/')) return false;
  return allowance.wildcards || !/[+*]/.test(value);
}

function parseSelector(selector: string): Lookup {
  const entityPart = after(selector, 'identity.entity.');
  if (entityPart !== undefined) return entityLookup(entityPart);
  const idPart = after(selector, 'identity.groups.ids.');
  if (idPart !== undefined) return groupLookup('id', idPart);
  const namePart = after(selector, 'identity.groups.names.');
  if (namePart !== undefined) return groupLookup('name', namePart);
  return refuse('unknown template');
}

function entityLookup(part: string): Lookup {
  if (part === 'id') return ({ entity }) => entity.id;
  if (part === 'name') return ({ entity }) => entity.name;
  const metadataKey = after(part, 'metadata.');
  if (metadataKey !== undefined) return ({ entity }) => own(entity.metadata, metadataKey);
  const aliasPart = after(part, 'aliases.');
  if (aliasPart === undefined) return refuse('unknown template');
  const [accessor, field] = splitOnce(aliasPart);
  const read = aliasReader(field);
  return ({ entity }) => {
    const alias = entity.aliases.find((candidate) => candidate.mountAccessor === accessor);
    return alias === undefined ? undefined : read(alias);
  };
}

function aliasReader(field: string): (alias: TemplateAlias) => string | undefined {
  if (field === 'id') return (alias) => alias.id;
  if (field === 'name') return (alias) => alias.name;
  const metadataKey = after(field, 'metadata.');
  if (metadataKey !== undefined) return (alias) => own(alias.metadata, metadataKey);
  const customKey = after(field, 'custom_metadata.');
  if (customKey !== undefined) return (alias) => own(alias.customMetadata, customKey);
  return refuse('unknown template');
}

function groupLookup(by: 'id' | 'name', part: string): Lookup {
  const [wanted, field] = splitOnce(part);
  const metadataKey = after(field, 'metadata.');
  const other = by === 'id' ? 'name' : 'id';
  if (metadataKey === undefined && field !== other) return refuse('unknown template');
  return ({ groups }) => {
    const group = groups.find((candidate) => candidate[by] === wanted);
    if (group === undefined) return undefined;
    return metadataKey === undefined ? group[other] : own(group.metadata, metadataKey);
  };
}

function after(text: string, start: string): string | undefined {
  return text.startsWith(start) && text.length > start.length ? text.slice(start.length) : undefined;
}

function splitOnce(text: string): [string, string] {
  const dot = text.indexOf('.');
  return dot <= 0 ? refuse('unknown template') : [text.slice(0, dot), text.slice(dot + 1)];
}

/** Metadata keys come from outside: `constructor` is a key only where somebody wrote it. */
function own(record: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function refuse(message: string): never {
  throw new StrongroomError('invalid_request', message, {
    hint:
      'templates are {{identity.entity.id}}, .name, .metadata.<key>, .aliases.<mount accessor>.{id,name,metadata.<key>,' +
      'custom_metadata.<key>}, {{identity.groups.ids.<id>.name}}, {{identity.groups.names.<name>.id}} and group .metadata.<key>',
  });
}
