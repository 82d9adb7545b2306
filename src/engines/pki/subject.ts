import { encodeDistinguishedName, type NameAttribute } from '../../x509/index.ts';

export interface SubjectFields {
  readonly ou?: readonly string[] | undefined;
  readonly organization?: readonly string[] | undefined;
  readonly country?: readonly string[] | undefined;
  readonly locality?: readonly string[] | undefined;
  readonly province?: readonly string[] | undefined;
  readonly street_address?: readonly string[] | undefined;
  readonly postal_code?: readonly string[] | undefined;
  readonly serial_number?: string | undefined;
}

/** Name DER of a subject, general attributes first and the common name last. */
export function buildSubject(commonName: string, fields: SubjectFields, userIds: readonly string[] = []): Buffer {
  const attributes: NameAttribute[] = [];
  const add = (type: NameAttribute['type'], values: readonly string[] | undefined): void => {
    for (const value of values ?? []) if (value !== '') attributes.push({ type, value });
  };
  add('country', fields.country);
  add('province', fields.province);
  add('locality', fields.locality);
  add('postalCode', fields.postal_code);
  add('streetAddress', fields.street_address);
  add('organization', fields.organization);
  add('organizationalUnit', fields.ou);
  add('serialNumber', fields.serial_number ? [fields.serial_number] : []);
  add('commonName', commonName === '' ? [] : [commonName]);
  add('userId', userIds);
  return encodeDistinguishedName(attributes);
}
