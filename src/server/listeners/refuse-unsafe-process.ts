import { StrongroomError } from '../../lib/index.ts';

/** Node's flags that open a door into the process, write its memory to disk, or weaken what it checks. */
const unsafeFlags: readonly RegExp[] = [
  /^--inspect(?:-brk|-wait|-port|-publish-uid)?$/,
  /^--debug(?:-brk|-port)?$/,
  /^--experimental-(?:network-inspection|storage-inspection|worker-inspection|inspector-network-resource)$/,
  /^--heapsnapshot-(?:signal|near-heap-limit)$/,
  /^--(?:cpu|heap)-prof$/,
  /^--prof(?:-process)?$/,
  /^--(?:diagnostic-)?report-(?:on-signal|uncaught-exception|on-fatalerror)$/,
  /^--abort-on-uncaught-exception$/,
  /^--enable-source-maps$/,
  /^--insecure-http-parser$/,
  /^--security-revert$/,
  /^--tls-keylog$/,
  /^--trace-tls$/,
  /^--tls-min-v1\.[01]$/,
  /^--tls-cipher-list$/,
  /^--openssl-(?:legacy-provider|shared-config)$/,
];

const unsafeVariables = ['NODE_DEBUG', 'NODE_DEBUG_NATIVE', 'NODE_V8_COVERAGE', 'NODE_REPL_HISTORY'] as const;

function refuse(what: string): never {
  throw new StrongroomError('precondition_failed', `the server does not start with ${what}`, {
    hint: 'take it out of the environment or the command line; development mode allows debugging',
  });
}

/** Node takes underscores for dashes in the names of its flags. */
function flagName(word: string): string {
  return (word.split('=', 1)[0] as string).replaceAll('_', '-');
}

/**
 * Refuses to start a production server whose process is open or weakened: certificate checks switched off (NET-09), an
 * inspector, profiles, heap dumps, key logs or a lenient parser asked for (OPS-03), in `execArgv` or in NODE_OPTIONS.
 * Throws `precondition_failed` that names the setting and never its value.
 */
export function refuseUnsafeProcess(
  env: Readonly<Record<string, string | undefined>>,
  execArgv: readonly string[],
): void {
  const verification = env['NODE_TLS_REJECT_UNAUTHORIZED'];
  if (verification !== undefined && verification !== '1') refuse('NODE_TLS_REJECT_UNAUTHORIZED set');
  for (const name of unsafeVariables) if ((env[name] ?? '') !== '') refuse(`${name} set`);
  const fromEnvironment = (env['NODE_OPTIONS'] ?? '').split(/[\s"']+/);
  for (const word of [...execArgv, ...fromEnvironment]) {
    const name = flagName(word);
    if (unsafeFlags.some((flag) => flag.test(name))) refuse(`the flag ${name}`);
  }
}
