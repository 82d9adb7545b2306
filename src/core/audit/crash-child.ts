import { writeSync } from 'node:fs';
import { systemClock } from '../../lib/index.ts';
import { openAuditBroker } from './audit-broker.ts';
import { brokerOptions, entryOf } from './audit-fixture.ts';

/**
 * A process for tests to kill: `node crash-child.ts FILE NAME` records requests without end and prints `ok ID` for each
 * that was acknowledged. At the first refusal it prints `refused` and ends.
 */
const [, , filePath = '', name = ''] = process.argv;
const sinks = [{ path: 'file/', config: { target: { kind: 'file', filePath } as const } }];
const settings = { checkpointMillis: 5, checkpointLines: 100, retryMillis: 60_000 };
const broker = await openAuditBroker(brokerOptions({ sinks, settings, clock: systemClock }));

async function record(lane: number): Promise<void> {
  for (let count = 0; ; count += 1) {
    const id = `${name}-${lane}-${count}`;
    await broker.open(entryOf(id));
    await broker.close(entryOf(id, { outcome: 'ok' }));
    writeSync(1, `ok ${id}\n`);
  }
}

try {
  await Promise.all(Array.from({ length: 50 }, (_, lane) => record(lane)));
} catch {
  writeSync(1, 'refused\n');
  process.exit(3);
}
