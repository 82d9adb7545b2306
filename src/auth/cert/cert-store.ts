import { type Core, RecordCollection } from '../../core/index.ts';
import type { CertConfig, CertRole, CrlRecord } from './records.ts';

/** The collections of the method, shared by its operations. */
export interface CertStore {
  readonly core: Core;
  readonly roles: RecordCollection<CertRole>;
  readonly configs: RecordCollection<CertConfig>;
  readonly crls: RecordCollection<CrlRecord>;
}

export function openCertStore(core: Core): CertStore {
  return {
    core,
    roles: new RecordCollection(core, 'cert-roles'),
    configs: new RecordCollection(core, 'cert-config'),
    crls: new RecordCollection(core, 'cert-crls'),
  };
}
