import { extensionOids } from '../../extensions/index.ts';
import { emptyName, encodeGeneralName, generalNameKey } from '../../names/index.ts';
import type { CertificateRule } from '../certificate-subject.ts';

export const alternativeNameRules: readonly CertificateRule[] = [
  {
    id: 'names-critical',
    clause: 'RFC 5280 4.1.2.6, 4.2.1.6',
    blame: 'request',
    check: ({ certificate }) => {
      const extension = certificate.extensions.get(extensionOids.subjectAlternativeName);
      const empty = certificate.subject.equals(emptyName);
      if (!extension) return empty ? 'the certificate would have neither a subject nor an alternative name' : undefined;
      return extension.critical === empty
        ? undefined
        : 'alternative names are critical exactly when the subject is empty';
    },
  },
  {
    id: 'names-as-asked',
    clause: 'the checked names are the issued ones',
    blame: 'ours',
    check: ({ certificate, template }) => {
      const issued = certificate.alternativeNames.map(generalNameKey).join('\n');
      const asked = (template.alternativeNames ?? []).map(generalNameKey).join('\n');
      return issued === asked ? undefined : 'alternative names differ from the template';
    },
  },
  {
    id: 'names-unique',
    clause: 'CA/B BR 7.1.4.2',
    blame: 'request',
    check: ({ certificate: { alternativeNames } }) =>
      new Set(alternativeNames.map(generalNameKey)).size === alternativeNames.length
        ? undefined
        : 'an alternative name stands twice',
  },
  {
    id: 'names-valid',
    clause: 'RFC 5280 4.2.1.6',
    blame: 'request',
    check: ({ certificate: { alternativeNames } }) => {
      for (const name of alternativeNames) encodeGeneralName(name);
      return undefined;
    },
  },
];
