import { expect, test } from 'vitest';
import type { Telegram } from './api';
import { telegramFilter, TelegramLog } from './telegrams';

const telegram = (number: number, change: Partial<Telegram> = {}): Telegram => ({
  number,
  time: new Date(1_000_000 + number * 1000).toISOString(),
  direction: 'in',
  summary: `I ${number} 0 M_SP_NA_1`,
  hex: '680400000000',
  ...change,
});

const all = telegramFilter({});
const seen = (log: TelegramLog, link?: string) =>
  log.newest(link, all).map((row) => row.telegram?.number ?? `skipped ${row.skipped}`);

test('newest first, each once', () => {
  const log = new TelegramLog();
  log.apply([{ link: 'a', skipped: 0, telegrams: [telegram(1), telegram(2)] }]);
  log.apply([{ link: 'a', skipped: 0, telegrams: [telegram(1), telegram(2), telegram(3)] }]);
  expect(seen(log, 'a')).toEqual([3, 2, 1]);
  expect(log.count).toBe(3);
});

test('what is missing is said', () => {
  const log = new TelegramLog();
  log.apply([{ link: 'a', skipped: 0, telegrams: [telegram(8)] }]);
  log.apply([{ link: 'a', skipped: 5, telegrams: [telegram(14)] }]);
  expect(seen(log, 'a')).toEqual([14, 'skipped 5', 8]);
});

test('links are merged by time', () => {
  const log = new TelegramLog();
  log.apply([
    { link: 'a', skipped: 0, telegrams: [telegram(1), telegram(4)] },
    { link: 'b', skipped: 0, telegrams: [telegram(2), telegram(3)] },
  ]);
  expect(seen(log)).toEqual([4, 3, 2, 1]);
  expect(seen(log, 'b')).toEqual([3, 2]);
  expect(seen(log, 'none')).toEqual([]);
});

test('a thousand of each link are kept', () => {
  const log = new TelegramLog();
  log.apply([{ link: 'a', skipped: 0, telegrams: Array.from({ length: 1500 }, (_, i) => telegram(i + 1)) }]);
  expect(seen(log, 'a').length).toBe(1000);
  expect(seen(log, 'a')[0]).toBe(1500);
});

test('where a telegram came from and where it went', () => {
  const log = new TelegramLog();
  log.apply([
    { link: 'a', skipped: 0, telegrams: [telegram(1, { trace: 7 })] },
    { link: 'b', skipped: 0, telegrams: [telegram(2, { trace: 8, related: [7] }), telegram(3, { trace: 9 })] },
  ]);
  expect(log.relatives(telegram(1, { trace: 7 })).to.map(({ key }) => key)).toEqual(['b/2']);
  expect(log.relatives(telegram(2, { trace: 8, related: [7] })).from.map(({ key }) => key)).toEqual(['a/1']);
  expect(log.relatives(telegram(5))).toEqual({ from: [], to: [] });
  expect(log.traced(0)).toBeUndefined();
});

test('filters', () => {
  const log = new TelegramLog();
  log.apply([
    {
      link: 'a',
      skipped: 0,
      telegrams: [
        telegram(1),
        telegram(2, { summary: 'S 5', direction: 'out' }),
        telegram(3, { summary: 'U TESTFR act', hex: '680443000000' }),
      ],
    },
  ]);
  const numbers = (filter: Parameters<typeof telegramFilter>[0]) =>
    log.newest('a', telegramFilter(filter)).map((row) => row.telegram?.number);
  expect(numbers({ dataOnly: true })).toEqual([1]);
  expect(numbers({ direction: 'out' })).toEqual([2]);
  expect(numbers({ text: 'testfr ACT' })).toEqual([3]);
  expect(numbers({ text: '0443' })).toEqual([3]);
});
