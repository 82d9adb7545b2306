import { describe, expect, it } from 'vitest';
import { LineGroup } from '../line-group.ts';
import { GroupQueue } from './group-queue.ts';

function groupFor(sinkCount: number): LineGroup {
  const group = new LineGroup(1);
  group.add(['a line']);
  group.expect(sinkCount);
  return group;
}

describe('GroupQueue', () => {
  it('AUD-01: a group that was given up and then fails counts as one failed sink, not two', async () => {
    const [blocked, slow] = [new GroupQueue(0, 100), new GroupQueue(0, 100)];
    const group = groupFor(2);
    blocked.push(group);
    slow.push(group);
    const taken = blocked.take();
    blocked.giveUp(new Error('blocked'));
    blocked.failed(taken, new Error('gone'));
    slow.written(slow.take());
    await group.promise;
    expect(blocked.missedLines).toBe(1);
    expect(slow.missedLines).toBe(0);
  });

  it('AUD-01: a group that was given up and is written after all is recorded', async () => {
    const queue = new GroupQueue(0, 100);
    const group = groupFor(2);
    queue.push(group);
    const taken = queue.take();
    queue.giveUp(new Error('blocked'));
    queue.written(taken);
    await group.promise;
    expect(queue.missedLines).toBe(0);
  });

  it('fails what waits, and not what is being written', async () => {
    const queue = new GroupQueue(0, 100);
    const [first, second] = [groupFor(1), groupFor(1)];
    queue.push(first);
    const taken = queue.take();
    queue.push(second);
    queue.failWaiting(new Error('no'));
    await expect(second.promise).rejects.toMatchObject({ code: 'audit_unavailable' });
    queue.written(taken);
    await first.promise;
    expect(queue.missedLines).toBe(1);
  });
});
