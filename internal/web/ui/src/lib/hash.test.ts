import { expect, test } from 'vitest';
import { formatPlace, parsePlace, type Place } from './hash';

test.each<[string, Place]>([
  ['#/', { view: 'overview' }],
  ['#/?link=substation', { view: 'overview', link: 'substation' }],
  ['#/points', { view: 'points' }],
  ['#/points/substation/1/4001', { view: 'points', point: 'substation/1/4001' }],
  ['#/points?filter=a+b&quality=bad&kind=step', { view: 'points', filter: 'a b', quality: 'bad', kind: 'step' }],
  ['#/points/plc/MAIN.a%5B1%5D?link=plc', { view: 'points', point: 'plc/MAIN.a[1]', link: 'plc' }],
  ['#/telegrams', { view: 'telegrams' }],
  ['#/telegrams/substation', { view: 'telegrams', link: 'substation' }],
  ['#/telegrams/a%20b/123?filter=x', { view: 'telegrams', link: 'a b', telegram: 123, filter: 'x' }],
])('%s', (hash, place) => {
  expect(parsePlace(hash)).toEqual(place);
  expect(formatPlace(place)).toBe(hash);
});

test('what is no place leads to one', () => {
  expect(parsePlace('')).toEqual({ view: 'overview' });
  expect(parsePlace('#nothing')).toEqual({ view: 'overview' });
  expect(parsePlace('#/telegrams/a/-1')).toEqual({ view: 'telegrams', link: 'a' });
  expect(parsePlace('#/points/%')).toEqual({ view: 'points', point: '%' });
});
