import { expect, test } from 'vitest';
import type { Link } from './api';
import { draw, trackPath } from './topology';

const link = (name: string, role = 'controlling'): Link => ({
  name,
  protocol: 'iec104',
  role,
  address: '',
  peers: [],
  state: 'connected',
  received: 0,
  sent: 0,
  points: 0,
});
const route = (from: string, to: string) => ({ from, to, points: 1, commands: false });

test('sources left, destinations right', () => {
  const drawing = draw({
    version: '',
    links: [link('a'), link('z', 'controlled'), link('b'), link('idle', 'controlled')],
    routes: [route('a', 'z'), route('b', 'z')],
  }, 500);
  expect(drawing.left.map((p) => p.link.name)).toEqual(['a', 'b']);
  expect(drawing.right.map((p) => p.link.name)).toEqual(['z', 'idle']);
  expect(drawing.tracks.length).toBe(2);
  expect(drawing.height).toBeGreaterThan(2 * drawing.card);
});

test('the shorter side stands in the middle', () => {
  const { left, right } = draw({ version: '', links: [link('a'), link('b'), link('z', 'controlled')], routes: [] }, 500);
  expect(right[0]!.y).toBe((left[0]!.y + left[1]!.y) / 2);
});

test('a route to a link that is not there is not drawn', () => {
  expect(draw({ version: '', links: [link('a')], routes: [route('a', 'gone')] }, 500).tracks).toEqual([]);
});

test('many links make themselves small', () => {
  const links = Array.from({ length: 8 }, (_, i) => link(`a${i}`));
  const wide = draw({ version: '', links, routes: [] }, 1000);
  const tight = draw({ version: '', links, routes: [] }, 500);
  expect(tight.card).toBeLessThan(wide.card);
  expect(tight.height).toBeLessThanOrEqual(500);
});

test('lines are straight, with a diagonal in the middle', () => {
  expect(trackPath(0, 10, 100, 10, 40)).toBe('M0 10H100');
  expect(trackPath(0, 0, 100, 40, 40)).toBe('M0 0H30L70 40H100');
  expect(trackPath(0, 0, 100, 400, 40)).toBe('M0 0H10L90 400H100');
  expect(trackPath(5, 0, 5, 50, -40)).toBe('M5 0h-40V50H5');
});
