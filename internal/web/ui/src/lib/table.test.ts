import { expect, test } from 'vitest';
import { moved, pressed, rowHeight, windowOf } from './table';

test('only what is seen is drawn', () => {
  expect(windowOf(0, 10 * rowHeight, 100_000)).toEqual({ first: 0, last: 16 });
  expect(windowOf(50_000 * rowHeight, 10 * rowHeight, 100_000)).toEqual({ first: 49_994, last: 50_016 });
  expect(windowOf(99_995 * rowHeight, 10 * rowHeight, 100_000).last).toBe(100_000);
  expect(windowOf(0, 500, 0)).toEqual({ first: 0, last: 0 });
});

test('a list that became shorter than where one is', () => {
  const { first, last } = windowOf(1000 * rowHeight, 300, 3);
  expect(first).toBe(0);
  expect(last).toBe(3);
});

test('keys', () => {
  expect(moved('ArrowDown', -1, 5, 3)).toBe(0);
  expect(moved('ArrowUp', -1, 5, 3)).toBe(0);
  expect(moved('ArrowDown', 4, 5, 3)).toBe(4);
  expect(moved('PageDown', 0, 5, 3)).toBe(3);
  expect(moved('PageUp', 1, 5, 3)).toBe(0);
  expect(moved('Home', 3, 5, 3)).toBe(0);
  expect(moved('End', 0, 5, 3)).toBe(4);
  expect(moved('x', 0, 5, 3)).toBeNull();
  expect(moved('ArrowDown', 0, 0, 3)).toBeNull();
});

test('pressing a head again turns the order round', () => {
  const first = pressed(undefined, 'value');
  expect(first).toEqual({ key: 'value', descending: false });
  expect(pressed(first, 'value')).toEqual({ key: 'value', descending: true });
  expect(pressed(first, 'id')).toEqual({ key: 'id', descending: false });
});
