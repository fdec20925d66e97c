import { expect, test } from 'vitest';
import { frameOf, stepPath, Trend } from './trend';

test('samples close together become one, the latest', () => {
  const trend = new Trend();
  for (let at = 0; at <= 2000; at += 100) trend.add(at, at);
  expect(trend.until(0).map(({ at }) => at)).toEqual([0, 400, 800, 1200, 1600, 2000]);
});

test('ten minutes are kept, and the value that held at their beginning', () => {
  const trend = new Trend();
  for (let minute = 0; minute <= 30; minute++) trend.add(minute * 60_000, minute);
  const samples = trend.until(30 * 60_000);
  expect(samples[0]?.value).toBe(20);
  expect(samples.length).toBe(11);
});

test('a value holds until the next', () => {
  const samples = [
    { at: 0, value: 0 },
    { at: 50, value: 10 },
    { at: 100, value: 10 },
  ];
  const frame = frameOf(samples)!;
  expect(frame).toEqual({ from: 0, to: 100, min: 0, max: 10 });
  expect(stepPath(samples, frame, 200, 20)).toBe('M0 20H100V0H200V0');
});

test('an invalid value is a gap', () => {
  const samples = [
    { at: 0, value: 1 },
    { at: 25, value: NaN },
    { at: 50, value: 3 },
    { at: 100, value: 3 },
  ];
  expect(stepPath(samples, frameOf(samples)!, 100, 10)).toBe('M0 10H25M50 0H100V0');
});

test('a constant lies in the middle, and nothing has no frame', () => {
  const samples = [
    { at: 0, value: 4 },
    { at: 10, value: 4 },
  ];
  expect(stepPath(samples, frameOf(samples)!, 10, 10)).toBe('M0 5H10V5');
  expect(frameOf([])).toBeNull();
  expect(frameOf([{ at: 0, value: 1 }])).toBeNull();
  expect(frameOf([{ at: 0, value: NaN }, { at: 1, value: NaN }])).toBeNull();
});
