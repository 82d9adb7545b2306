import { expect, it } from 'vitest';
import type { Log } from '../core/index.ts';
import { sayHealth } from './open-hsm.ts';

function collect(): { log: Log; said: string[] } {
  const said: string[] = [];
  const at = (level: string) => (_facts: object, text: string) => void said.push(`${level}: ${text}`);
  return {
    said,
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } as unknown as Log,
  };
}

it('a normal start of the HSM is no error; one that failed, hangs or needs an operator is', () => {
  const { log, said } = collect();
  const generation = 1;
  sayHealth(log, { state: 'degraded', detail: 'starting', generation });
  sayHealth(log, { state: 'ok', detail: 'token a', generation });
  sayHealth(log, { state: 'degraded', detail: 'the PKCS#11 child hangs', generation });
  sayHealth(log, { state: 'operator_needed', detail: 'the PIN is wrong', generation });
  expect(said).toEqual([
    'info: opening the HSM',
    'info: the HSM is ready',
    'error: the HSM is not ready',
    'error: the HSM is not ready',
  ]);
});
