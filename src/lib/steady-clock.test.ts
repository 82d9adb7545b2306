import { expect, it } from 'vitest';
import { ManualClock } from './clock.ts';
import { type ClockJump, SteadyClock } from './steady-clock.ts';

const start = Date.parse('2026-06-01T12:00:00Z');
const hour = 3_600_000;
const year = 365 * 24 * hour;

function made(): { source: ManualClock; clock: SteadyClock; jumps: ClockJump[] } {
  const source = new ManualClock(start);
  const jumps: ClockJump[] = [];
  return { source, clock: new SteadyClock(source, (jump) => void jumps.push(jump)), jumps };
}

it('STO-11: a jump of the wall clock changes nothing for a minute, in either direction', () => {
  for (const jump of [hour, -hour, 10 * year, -10 * year]) {
    const { source, clock, jumps } = made();
    source.jumpTo(start + jump);
    for (let second = 1; second <= 60; second += 1) {
      source.advanceSeconds(1);
      expect(clock.nowMillis(), `${jump} after ${second} s`).toBe(start + second * 1000);
    }
    expect(jumps).toEqual([{ kind: 'jumped', offsetSeconds: jump / 1000 }]);
    source.jumpTo(start + 60_000);
    expect(clock.nowMillis()).toBe(start + 60_000);
    expect(jumps.at(-1)?.kind).toBe('returned');
  }
});

it('STO-11: a clock that was set back is not believed while the process lives', () => {
  const { source, clock } = made();
  source.jumpTo(start - hour);
  for (let minute = 0; minute < 180; minute += 1) {
    source.advanceSeconds(60);
    expect(clock.nowMillis()).toBe(start + (minute + 1) * 60_000);
  }
});

it('a clock that stays ahead is believed after two minutes, and then stays the measure', () => {
  const { source, clock, jumps } = made();
  source.jumpTo(start + hour);
  clock.nowMillis();
  source.advanceSeconds(119);
  expect(clock.nowMillis()).toBe(start + 119_000);
  source.advanceSeconds(1);
  expect(clock.nowMillis()).toBe(start + hour + 120_000);
  expect(jumps.map(({ kind }) => kind)).toEqual(['jumped', 'believed']);
  source.jumpTo(start + 121_000);
  source.advanceSeconds(1);
  expect(clock.nowMillis()).toBe(start + hour + 121_000);
});

it('small steps are followed, without going backwards and without a word', () => {
  const { source, clock, jumps } = made();
  source.jumpTo(start + 1_500);
  expect(clock.nowMillis()).toBe(start + 1_500);
  source.jumpTo(start);
  expect(clock.nowMillis()).toBe(start + 1_500);
  source.advanceSeconds(3);
  expect(clock.nowMillis()).toBe(start + 3_000);
  expect(jumps).toEqual([]);
});

it('drift is followed however far it leads', () => {
  const { source, clock, jumps } = made();
  for (let step = 1; step <= 1_000; step += 1) {
    source.jumpTo(start + step * 1_000);
    expect(clock.nowMillis()).toBe(start + step * 1_000);
  }
  expect(jumps).toEqual([]);
});
