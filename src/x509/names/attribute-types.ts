export type NameStringType = 'printable' | 'ia5' | 'utf8';

interface AttributeType {
  readonly oid: string;
  /** Keyword of RFC 4514 and common practice, for display. */
  readonly label: string;
  readonly stringType: NameStringType;
  /** Upper bound in characters (RFC 5280 appendix A.1, X.520). */
  readonly maxCharacters: number;
}

/** Attributes this room writes, in the order names recommend: general first, common name last. */
export const attributeTypes = {
  domainComponent: { oid: '0.9.2342.19200300.100.1.25', label: 'DC', stringType: 'ia5', maxCharacters: 63 },
  country: { oid: '2.5.4.6', label: 'C', stringType: 'printable', maxCharacters: 2 },
  province: { oid: '2.5.4.8', label: 'ST', stringType: 'utf8', maxCharacters: 128 },
  locality: { oid: '2.5.4.7', label: 'L', stringType: 'utf8', maxCharacters: 128 },
  postalCode: { oid: '2.5.4.17', label: 'postalCode', stringType: 'utf8', maxCharacters: 40 },
  streetAddress: { oid: '2.5.4.9', label: 'street', stringType: 'utf8', maxCharacters: 128 },
  organization: { oid: '2.5.4.10', label: 'O', stringType: 'utf8', maxCharacters: 64 },
  title: { oid: '2.5.4.12', label: 'title', stringType: 'utf8', maxCharacters: 64 },
  surname: { oid: '2.5.4.4', label: 'SN', stringType: 'utf8', maxCharacters: 64 },
  givenName: { oid: '2.5.4.42', label: 'GN', stringType: 'utf8', maxCharacters: 64 },
  serialNumber: { oid: '2.5.4.5', label: 'serialNumber', stringType: 'printable', maxCharacters: 64 },
  organizationalUnit: { oid: '2.5.4.11', label: 'OU', stringType: 'utf8', maxCharacters: 64 },
  emailAddress: { oid: '1.2.840.113549.1.9.1', label: 'emailAddress', stringType: 'ia5', maxCharacters: 255 },
  commonName: { oid: '2.5.4.3', label: 'CN', stringType: 'utf8', maxCharacters: 64 },
  userId: { oid: '0.9.2342.19200300.100.1.1', label: 'UID', stringType: 'utf8', maxCharacters: 256 },
} as const satisfies Readonly<Record<string, AttributeType>>;

export type AttributeName = keyof typeof attributeTypes;

export const attributeNames = Object.keys(attributeTypes) as readonly AttributeName[];

const nameOfOid: ReadonlyMap<string, AttributeName> = new Map(
  attributeNames.map((name) => [attributeTypes[name].oid, name]),
);

/** Our name of an attribute OID, or undefined for one we only pass through. */
export function attributeNameOfOid(oid: string): AttributeName | undefined {
  return nameOfOid.get(oid);
}
