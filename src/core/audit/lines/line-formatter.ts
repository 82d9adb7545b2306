import { SecretText } from '../../../lib/index.ts';
import type {
  AuditAuth,
  AuditEntry,
  AuditHeader,
  AuditMount,
  AuditRequest,
  AuditResponse,
  CredentialText,
} from '../audit-entry.ts';
import { dataText, lineLimits, lineTooLarge } from './data-text.ts';
import { elideList } from './elide-list.ts';
import type { FormatOptions } from './format-options.ts';
import { maskValues } from './mask-values.ts';
import { flagMember, listMember, numberMember, objectText, textMember } from './member-text.ts';
import { lineTime, quote } from './quote.ts';
import type { ValueHasher } from './value-hasher.ts';

function isEmpty(data: unknown): boolean {
  if (data === undefined || data === null) return true;
  if (typeof data !== 'object' || Array.isArray(data) || Object.getPrototypeOf(data) !== Object.prototype) return false;
  for (const _ in data) return false;
  return true;
}

/**
 * Writes lines in Vault's members and order, empty members left out. `route`, `credential_id` and `outcome` are ours,
 * after those of Vault. A line comes without its last brace: the sink adds its own members.
 */
export class LineFormatter {
  readonly #options: FormatOptions;
  readonly #hasher: ValueHasher;
  readonly #authTexts = new WeakMap<AuditAuth, string>();
  readonly #requestTexts = new WeakMap<AuditRequest, string>();

  constructor(options: FormatOptions, hasher: ValueHasher) {
    this.#options = options;
    this.#hasher = hasher;
  }

  /** @throws StrongroomError `invalid_request` when the line would pass the limits. */
  line(type: 'request' | 'response', entry: AuditEntry): string {
    let text = `${this.#options.prefix}{"time":"${lineTime(entry.timeMillis)}","type":"${type}"`;
    if (entry.auth !== undefined) text += `,"auth":${this.#rememberedAuth(entry.auth)}`;
    text += `,"request":${this.#rememberedRequest(entry.request)}`;
    if (type === 'response') text += `,"response":${this.#response(entry)}`;
    if (entry.error !== undefined && entry.error !== '')
      text += `,"error":${quote(this.#withoutValues(entry.error, entry.request))}`;
    if (entry.outcome !== undefined) text += `,"outcome":${quote(entry.outcome)}`;
    if (text.length > lineLimits.maxLineLength) throw lineTooLarge();
    return text;
  }

  #rememberedAuth(auth: AuditAuth): string {
    const known = this.#authTexts.get(auth);
    if (known !== undefined) return known;
    const text = this.#auth(auth);
    this.#authTexts.set(auth, text);
    return text;
  }

  #rememberedRequest(request: AuditRequest): string {
    const known = this.#requestTexts.get(request);
    if (known !== undefined) return known;
    const text = this.#request(request);
    this.#requestTexts.set(request, text);
    return text;
  }

  #auth(auth: AuditAuth): string {
    return objectText(
      this.#credential('client_token', auth.clientToken) +
        this.#accessor('accessor', auth.accessor) +
        textMember('display_name', auth.displayName) +
        listMember('policies', auth.policies) +
        listMember('token_policies', auth.tokenPolicies) +
        listMember('identity_policies', auth.identityPolicies) +
        flagMember('no_default_policy', auth.noDefaultPolicy) +
        policyResults(auth) +
        metadata(auth) +
        numberMember('num_uses', auth.numUses) +
        numberMember('remaining_uses', auth.remainingUses) +
        textMember('entity_id', auth.entityId) +
        flagMember('entity_created', auth.entityCreated) +
        textMember('token_type', auth.tokenType) +
        numberMember('token_ttl', auth.tokenTtlSeconds) +
        textMember('token_issue_time', auth.tokenIssueTime) +
        this.#accessor('credential_id', auth.credentialId),
    );
  }

  #request(request: AuditRequest): string {
    const { namespace } = request;
    return objectText(
      textMember('id', request.id) +
        textMember('client_id', request.clientId) +
        textMember('operation', request.operation) +
        mount(request.mount) +
        this.#credential('client_token', request.clientToken) +
        this.#accessor('client_token_accessor', request.clientTokenAccessor) +
        (namespace === undefined
          ? ''
          : `"namespace":${objectText(textMember('id', namespace.id) + textMember('path', namespace.path))},`) +
        textMember('path', request.path) +
        this.#data(request.data, request.clearKeys) +
        textMember('remote_address', request.remoteAddress) +
        numberMember('remote_port', request.remotePort) +
        numberMember('wrap_ttl', request.wrapTtlSeconds) +
        this.#headers(request.headers) +
        textMember('client_certificate_serial_number', request.clientCertificateSerialNumber) +
        textMember('route', request.route),
    );
  }

  #response(entry: AuditEntry): string {
    const response: AuditResponse = entry.response ?? {};
    const elided = this.#options.elideListResponses && entry.request.operation === 'list';
    return objectText(
      (response.auth === undefined ? '' : `"auth":${this.#auth(response.auth)},`) +
        mount(entry.request.mount) +
        (response.leaseId ? `"secret":{"lease_id":${quote(response.leaseId)}},` : '') +
        this.#data(elided ? elideList(response.data) : response.data, response.clearKeys) +
        listMember('warnings', this.#warnings(response, entry.request)) +
        textMember('redirect', response.redirect) +
        this.#wrapInfo(response) +
        this.#headers(response.headers),
    );
  }

  #warnings({ warnings }: AuditResponse, request: AuditRequest): readonly string[] | undefined {
    return warnings?.map((warning) => this.#withoutValues(warning, request));
  }

  #withoutValues(text: string, { data }: AuditRequest): string {
    return this.#options.logRaw ? text : maskValues(text, data, (value) => this.#hasher.text(value));
  }

  #wrapInfo({ wrapInfo }: AuditResponse): string {
    if (wrapInfo === undefined) return '';
    const members =
      numberMember('ttl', wrapInfo.ttlSeconds) +
      this.#credential('token', wrapInfo.token) +
      this.#accessor('accessor', wrapInfo.accessor) +
      textMember('creation_time', wrapInfo.creationTime) +
      textMember('creation_path', wrapInfo.creationPath) +
      this.#accessor('wrapped_accessor', wrapInfo.wrappedAccessor);
    return `"wrap_info":${objectText(members)},`;
  }

  #data(data: unknown, clearKeys: ReadonlySet<string> | undefined): string {
    if (isEmpty(data)) return '';
    return `"data":${dataText(data, { hasher: this.#hasher, raw: this.#options.logRaw, clearKeys })},`;
  }

  #headers(headers: readonly AuditHeader[] | undefined): string {
    if (headers === undefined || headers.length === 0) return '';
    const members = headers.map(({ name, values, hash }) => {
      const shown = hash && !this.#options.logRaw ? values.map((value) => this.#hasher.text(value)) : values;
      return `${quote(name)}:[${shown.map(quote).join(',')}],`;
    });
    return `"headers":${objectText(members.join(''))},`;
  }

  #credential(name: string, credential: CredentialText | undefined): string {
    const text = credential instanceof SecretText ? credential.insecureText() : credential;
    if (text === undefined || text === '') return '';
    return this.#options.logRaw ? textMember(name, text) : `"${name}":"${this.#hasher.text(text)}",`;
  }

  #accessor(name: string, accessor: CredentialText | undefined): string {
    if (this.#options.hmacAccessor) return this.#credential(name, accessor);
    return textMember(name, accessor instanceof SecretText ? accessor.insecureText() : accessor);
  }
}

function mount(about: AuditMount | undefined): string {
  if (about === undefined) return '';
  return (
    textMember('mount_point', about.point) +
    textMember('mount_type', about.type) +
    textMember('mount_accessor', about.accessor) +
    textMember('mount_running_version', about.runningVersion) +
    textMember('mount_class', about.class)
  );
}

function policyResults({ policyResults: results }: AuditAuth): string {
  if (results === undefined) return '';
  const granting = (results.grantingPolicies ?? []).map(
    ({ name, namespaceId, type }) =>
      `{${textMember('name', name)}${textMember('namespace_id', namespaceId)}"type":${quote(type)}}`,
  );
  const list = granting.length === 0 ? '' : `,"granting_policies":[${granting.join(',')}]`;
  return `"policy_results":{"allowed":${results.allowed}${list}},`;
}

function metadata({ metadata: map }: AuditAuth): string {
  if (map === undefined) return '';
  let members = '';
  for (const key of Object.keys(map)) members += `${quote(key)}:${quote(String(map[key]))},`;
  return members === '' ? '' : `"metadata":${objectText(members)},`;
}
