import { describe, expect, it } from 'vitest';
import { refuseUnsafeProcess } from './refuse-unsafe-process.ts';

const refused = expect.objectContaining({ code: 'precondition_failed' });

describe('what a production server does not start with', () => {
  it.each(['0', '', 'false', '2'])('NET-09: NODE_TLS_REJECT_UNAUTHORIZED=%j is refused', (value) => {
    expect(() => refuseUnsafeProcess({ NODE_TLS_REJECT_UNAUTHORIZED: value }, [])).toThrow(refused);
  });

  it.each([
    '--inspect',
    '--inspect=0.0.0.0:9229',
    '--inspect-brk',
    '--inspect_brk',
    '--inspect-wait=1',
    '--inspect-port=1',
    '--heapsnapshot-signal=SIGUSR2',
    '--heapsnapshot-near-heap-limit=1',
    '--cpu-prof',
    '--heap-prof',
    '--prof',
    '--report-on-signal',
    '--report-uncaught-exception',
    '--report-on-fatalerror',
    '--abort-on-uncaught-exception',
    '--enable-source-maps',
    '--insecure-http-parser',
    '--tls-keylog=/tmp/a',
    '--trace-tls',
    '--tls-min-v1.0',
  ])('OPS-03: %s is refused on the command line and in NODE_OPTIONS', (flag) => {
    expect(() => refuseUnsafeProcess({}, ['--max-old-space-size=512', flag])).toThrow(refused);
    expect(() => refuseUnsafeProcess({ NODE_OPTIONS: `--no-warnings ${flag}` }, [])).toThrow(refused);
    expect(() => refuseUnsafeProcess({ NODE_OPTIONS: `"${flag}"` }, [])).toThrow(refused);
  });

  it.each(['NODE_DEBUG', 'NODE_V8_COVERAGE'])(
    'OPS-03: %s is refused, and the refusal does not show its value',
    (name) => {
      expect(() => refuseUnsafeProcess({ [name]: 'canary' }, [])).toThrow(refused);
      expect(() => refuseUnsafeProcess({ [name]: 'canary' }, [])).toThrow(/^(?!.*canary)/);
    },
  );

  it('an ordinary process is let through', () => {
    const env = {
      PATH: '/bin',
      NODE_OPTIONS: '--max-old-space-size=512 --no-warnings',
      NODE_TLS_REJECT_UNAUTHORIZED: '1',
      NODE_ENV: 'production',
    };
    expect(refuseUnsafeProcess(env, ['--disable-sigusr1', '--no-deprecation', '--conditions=a'])).toBeUndefined();
  });
});
