import { describe, expect, test } from 'vitest';
import type { Point } from './api';
import { formatAge, formatExactly, formatNumber, formatTime, formatValue, numberOf, type Words } from './format';

const words: Words = {
  on: 'on',
  off: 'off',
  intermediate: 'intermediate',
  indeterminate: 'indeterminate',
  none: 'no value',
  moving: 'moving',
};

const point = (change: Partial<Point>): Point => ({
  id: 'a/1',
  kind: 'number',
  value: null,
  quality: [],
  link: 'a',
  ...change,
});

test('numbers keep their decimals, so that columns align', () => {
  expect(formatNumber(110.25, 'en-GB')).toBe('110.250');
  expect(formatNumber(110.25, 'de-DE')).toBe('110,250');
  expect(formatNumber(12345.6789, 'de-DE')).toBe('12.345,679');
  expect(formatNumber(7, 'en-GB', 0)).toBe('7');
  expect(formatNumber(0, 'en-GB')).toBe('0.000');
  expect(formatNumber(0.0002, 'en-GB')).toBe('2.000e-4');
  expect(formatNumber(0.0002, 'de-DE')).toBe('2,000e-4');
  expect(formatNumber(3e12, 'en-GB')).toBe('3.000e+12');
  expect(formatNumber(NaN, 'en-GB')).toBe('NaN');
  expect(formatNumber(-Infinity, 'en-GB')).toBe('−∞');
});

test('exact numbers have the digits of a 32-bit float, and no more', () => {
  expect(formatExactly(Math.fround(110.3), 'en-GB')).toBe('110.3');
  expect(formatExactly(0.1, 'en-GB')).toBe('0.1');
  expect(formatExactly(1 / 3, 'de-DE')).toBe('0,3333333333333333');
});

describe('values', () => {
  test.each<[Partial<Point>, string]>([
    [{ value: true, kind: 'single' }, 'on'],
    [{ value: false, kind: 'single' }, 'off'],
    [{ value: true, kind: 'single', text: 'closed' }, 'closed'],
    [{ value: 'intermediate', kind: 'double' }, 'intermediate'],
    [{ value: { position: -3, transient: true }, kind: 'step' }, '-3 (moving)'],
    [{ value: { position: 9, transient: false }, kind: 'step' }, '9'],
    [{ value: 0xa501, kind: 'bits' }, '0x0000A501'],
    [{ value: { count: 4711, sequence: 3 }, kind: 'counter' }, '4,711'],
    [{ value: 1.5 }, '1.500'],
    [{ value: 15, decimals: 0 }, '15'],
    [{ value: 'NaN' }, 'NaN'],
    [{ value: null }, 'no value'],
    [{ value: 'AUTOMATIC', kind: 'text' }, 'AUTOMATIC'],
    [{ value: { odd: 1 }, kind: 'other' }, '{"odd":1}'],
  ])('%j', (change, want) => expect(formatValue(point(change), words, 'en-GB')).toBe(want));

  test('the number behind them', () => {
    expect(numberOf(point({ value: 2 }))).toBe(2);
    expect(numberOf(point({ value: { position: 4 } }))).toBe(4);
    expect(numberOf(point({ value: { count: 5 } }))).toBe(5);
    expect(numberOf(point({ value: true }))).toBeNull();
  });
});

test('times without an offset stand as they are', () => {
  const today = new Date(2026, 2, 1, 15);
  expect(formatTime('2026-03-01T12:34:56.789', today)).toBe('12:34:56.789');
  expect(formatTime('2026-02-28T12:34:56.789', today)).toBe('2026-02-28 12:34:56.789');
  expect(formatTime('34:56.789', today)).toBe('34:56.789');
  expect(formatTime(undefined, today)).toBe('');
});

test('times with an offset are of the zone of the browser', () => {
  const at = new Date(2026, 2, 1, 12, 34, 56, 7);
  expect(formatTime(at.toISOString(), at)).toBe('12:34:56.007');
  expect(formatTime(at.toISOString(), new Date(2026, 2, 2))).toBe('2026-03-01 12:34:56.007');
});

test('ages', () => {
  expect(formatAge(-5)).toBe('0 s');
  expect(formatAge(99_900)).toBe('99 s');
  expect(formatAge(180_000)).toBe('3 min');
  expect(formatAge(7_200_000)).toBe('2 h');
  expect(formatAge(500_000_000)).toBe('5 d');
});
