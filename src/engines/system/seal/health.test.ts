import { expect, it } from 'vitest';
import type { AuditBroker, Core } from '../../../core/index.ts';
import { ManualClock } from '../../../lib/index.ts';
import { healthAnswer } from './health.ts';

const unsealed = {
  seal: { status: async () => ({ initialized: true, sealed: false }) },
  clock: new ManualClock(0),
} as unknown as Core;

it('counts as sealed until the audit log is open, as every other route does', async () => {
  const before = await healthAnswer(unsealed, { audit: () => undefined }, {});
  expect([before.status, before.bare]).toMatchObject([503, { sealed: true }]);
  const after = await healthAnswer(unsealed, { audit: () => ({}) as AuditBroker }, {});
  expect([after.status, after.bare]).toMatchObject([200, { sealed: false }]);
});
