import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { StrongroomError } from '../../lib/index.ts';
import { guardProcess } from './guard-process.ts';
import { recordLog } from './test-listener.ts';

function guarded(): { process: EventEmitter; lines: string[]; stops: number[]; release: () => void } {
  const process = new EventEmitter();
  const lines: string[] = [];
  const stops: number[] = [];
  const release = guardProcess(recordLog(lines), { process, stop: () => stops.push(1) });
  return { process, lines, stops, release };
}

describe('HTTP-22: what nothing caught', () => {
  it('HTTP-22: is logged by kind, code and place, without its text, and the server goes on', () => {
    const { process, lines, stops } = guarded();
    const canary = 'canary\n    at canary (/etc/canary:1:1)';
    const error = Object.assign(new TypeError(canary, { cause: new Error(canary) }), {
      code: 'ERR_SOMETHING',
      token: 'canary',
    });
    process.emit('uncaughtException', error);
    process.emit('unhandledRejection', error);
    process.emit('unhandledRejection', 'canary');
    process.emit('unhandledRejection', undefined);
    expect(lines.length).toBe(4);
    expect(lines[0]).toContain('TypeError');
    expect(lines[0]).toContain('ERR_SOMETHING');
    expect(lines[0]).toContain('guard-process.test.ts');
    expect(lines.join('\n')).not.toContain('canary');
    expect(stops).toEqual([]);
  });

  it('HTTP-22: an error of the product keeps its public text', () => {
    const { process, lines } = guarded();
    process.emit(
      'uncaughtException',
      new StrongroomError('sealed', 'Vault is sealed', { hint: 'unseal it', cause: new Error('canary') }),
    );
    expect(lines[0]).toContain('Vault is sealed');
    expect(lines[0]).not.toContain('canary');
  });

  it('a fault of the runtime itself stops the server, once', () => {
    const { process, stops } = guarded();
    const fault = Object.assign(new Error('x'), { code: 'ERR_INTERNAL_ASSERTION' });
    process.emit('uncaughtException', fault);
    process.emit('uncaughtException', fault);
    expect(stops).toEqual([1]);
  });

  it('lets go of the process when asked', () => {
    const { process, release } = guarded();
    release();
    expect(process.eventNames()).toEqual([]);
  });

  it('OPS-03: in a real process, faults are survived and SIGUSR1 opens no inspector', async () => {
    const module = fileURLToPath(new URL('./guard-process.ts', import.meta.url));
    const script = `
      const { guardProcess } = await import(${JSON.stringify(module)});
      const write = (fields, text) => console.log(text);
      guardProcess({ debug: write, info: write, warn: write, error: write }, { stop: () => process.exit(9) });
      setTimeout(() => { throw new Error('canary'); }, 1);
      process.on('message', () => process.exit(0));
      Promise.reject(new Error('canary'));
      setInterval(() => {}, 1000);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let output = '';
    child.stderr?.on('data', (bytes) => {
      output += bytes;
    });
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (bytes) => {
        output += bytes;
        if (output.split('goes on').length === 3 && !output.includes('not opened')) child.kill('SIGUSR1');
        if (output.includes('not opened')) resolve();
      });
    });
    child.send('end');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(output).not.toMatch(/Debugger|canary/);
  });
});
