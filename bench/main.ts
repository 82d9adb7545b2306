/** `npm run bench`: what each kind of work reaches, beside a bare Hono handler measured in the same run. Prints, asserts nothing. */
import { parseArgs } from 'node:util';
import { drive, type Load, type Workload } from './load.ts';
import { type Running, type Server, startBareHono, startServer } from './processes.ts';
import { residentMebibytes } from './processor-time.ts';
import { prepareWorkloads } from './workloads.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, only: { type: 'string' } },
});
const seconds = Number(values.seconds);

function print(name: string, load: Load, floor: number, goal: string): void {
  const cells = [
    name.padEnd(34),
    `${load.requestsPerSecond.toFixed(0)}/s`.padStart(10),
    (load.requestsPerSecond / floor).toFixed(3).padStart(8),
    goal.padStart(8),
    `${load.processorMicros.toFixed(0)} µs`.padStart(10),
    `${load.p99Millis.toFixed(1)} ms`.padStart(11),
    load.failures === 0 ? '' : `  ${load.failures} FAILED`,
  ];
  console.log(cells.join(''));
}

async function measure(target: Running, workload: Workload): Promise<Load> {
  // Warm: compiled code, filled caches, a first checkpoint.
  await drive(target, workload, 2);
  return drive(target, workload, seconds);
}

async function measureFloor(): Promise<Load> {
  const bare = await startBareHono();
  try {
    return await measure(bare, { method: 'GET', path: '/' });
  } finally {
    await bare.stop();
  }
}

async function measureServer(server: Server, floor: number): Promise<void> {
  for (const { name, goal, workload } of await prepareWorkloads(server)) {
    if (values.only !== undefined && !name.includes(values.only)) continue;
    print(name, await measure(server, workload), floor, goal);
  }
}

console.log(`64 connections, ${seconds} s each, SQLite and audit file on disk, plain HTTP on loopback\n`);
console.log(
  `${'work'.padEnd(34)}${'rate'.padStart(10)}${'ratio'.padStart(8)}${'goal'.padStart(8)}${'CPU'.padStart(10)}${'p99'.padStart(11)}`,
);
const bare = await measureFloor();
print('bare Hono handler', bare, bare.requestsPerSecond, '');
for (const hsm of [false, true]) {
  const server = await startServer({ hsm });
  try {
    console.log(
      `${hsm ? 'keys in SoftHSM' : 'keys in software'}: ${residentMebibytes(server.pid).toFixed(0)} MiB when idle`,
    );
    await measureServer(server, bare.requestsPerSecond);
  } finally {
    await server.stop();
  }
}
