import { defaultMountConfig, type Mount } from './mount.ts';

/** `sys/` is there before there is a key, so it is not stored. */
export const systemMount: Mount = {
  namespace: 'root',
  id: 'system',
  kind: 'secret',
  path: 'sys/',
  prefix: 'sys/',
  type: 'system',
  accessor: 'system_00000000',
  description: 'system endpoints used for control, policy and debugging',
  options: null,
  local: false,
  sealWrap: false,
  config: defaultMountConfig,
  version: 1,
};
