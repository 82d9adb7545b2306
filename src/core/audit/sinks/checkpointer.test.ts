import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../lib/index.ts';
import { chainKey, Notices, signCheckpoint, startMillis } from '../audit-fixture.ts';
import type { ChainPosition } from '../lines/chain.ts';
import { defaultFormat } from '../lines/format-options.ts';
import { maxCoverDistance } from './checkpoint.ts';
import { Checkpointer } from './checkpointer.ts';
import { defaultSinkSettings } from './sink-settings.ts';

function place(seq: number): ChainPosition {
  return { seq, chain: 'a'.repeat(64) };
}

function setUp(sign = signCheckpoint): { checkpointer: Checkpointer; at: { seq: number }; ready: () => void } {
  const at = { seq: 1 };
  const ready = vi.fn();
  const around = {
    chainKey,
    signCheckpoint: sign,
    checkpointKeyId: 'key-1',
    clock: new ManualClock(startMillis),
    log: new Notices(),
    settings: defaultSinkSettings,
  };
  return { checkpointer: new Checkpointer(around, defaultFormat, () => place(at.seq), ready), at, ready };
}

describe('Checkpointer', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('has a checkpoint signed within a second of the first line, and none while nothing is written', async () => {
    const { checkpointer, at, ready } = setUp();
    checkpointer.linesWritten(1);
    await vi.advanceTimersByTimeAsync(999);
    expect(ready).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ready).toHaveBeenCalledOnce();
    const checkpoint = checkpointer.take();
    if (checkpoint === undefined) throw new Error('there is no checkpoint');
    at.seq = 2;
    checkpointer.written(checkpoint, place(2));
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(ready).toHaveBeenCalledOnce();
  });

  it('goes on when lines were written between the covered line and the checkpoint', async () => {
    const { checkpointer, ready } = setUp();
    checkpointer.start();
    await vi.advanceTimersByTimeAsync(0);
    const checkpoint = checkpointer.take();
    if (checkpoint === undefined) throw new Error('there is no checkpoint');
    checkpointer.written(checkpoint, place(5));
    await vi.advanceTimersByTimeAsync(1000);
    expect(ready).toHaveBeenCalledTimes(2);
  });

  it('does not wait for the second when there are many lines', async () => {
    const { checkpointer, ready } = setUp();
    checkpointer.linesWritten(10_000);
    await vi.advanceTimersByTimeAsync(0);
    expect(ready).toHaveBeenCalledOnce();
  });

  it('throws away a signature that came so late that a reader would have forgotten the line', async () => {
    const { checkpointer, at, ready } = setUp();
    checkpointer.start();
    await vi.advanceTimersByTimeAsync(0);
    at.seq = maxCoverDistance + 2;
    expect(checkpointer.take()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(0);
    expect(ready).toHaveBeenCalledTimes(2);
    expect(checkpointer.take()?.covers.seq).toBe(maxCoverDistance + 2);
  });

  it('HTTP-22: a signer that hangs is given up and tried again', async () => {
    let calls = 0;
    const { checkpointer, ready } = setUp((digest) => {
      calls += 1;
      return calls === 1 ? new Promise<Buffer>(() => {}) : signCheckpoint(digest);
    });
    checkpointer.start();
    await vi.advanceTimersByTimeAsync(defaultSinkSettings.signTimeoutMillis);
    expect(checkpointer.failure).toBeDefined();
    await vi.advanceTimersByTimeAsync(defaultSinkSettings.checkpointMillis);
    expect(ready).toHaveBeenCalledOnce();
    expect(checkpointer.failure).toBeUndefined();
  });

  it('forgets a signature that was asked for before the log ended', async () => {
    const { checkpointer, ready } = setUp();
    checkpointer.start();
    checkpointer.reset();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ready).not.toHaveBeenCalled();
    expect(checkpointer.hasWaiting).toBe(false);
  });
});
