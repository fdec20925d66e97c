import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Stream } from './stream';

class FakeSource extends EventTarget {
  closed = false;
  constructor(readonly address: string) {
    super();
  }
  close(): void {
    this.closed = true;
  }
  send(name: string, data: unknown, lastEventId = ''): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId }));
  }
}

let sources: FakeSource[];
let heard: unknown[];
let full: boolean;
let stream: Stream;

const last = () => sources.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  sources = [];
  heard = [];
  full = false;
  stream = new Stream(
    {
      status: (status) => heard.push(status),
      reset: () => heard.push('reset'),
      topology: () => heard.push('topology'),
      points: (page) => heard.push(page.points.length),
      telegrams: (links) => heard.push(links.length),
      time: (at) => heard.push(at),
    },
    {
      open: (address) => {
        const source = new FakeSource(address);
        sources.push(source);
        return source as unknown as EventSource;
      },
      full: () => Promise.resolve(full),
    },
  );
  stream.open();
});
afterEach(() => {
  stream.close();
  vi.useRealTimers();
});

test('events reach whom they concern', () => {
  last().send('hello', {});
  last().send('topology', {});
  last().send('reset', {});
  last().send('points', { points: [1, 2] }, 'e/2');
  last().send('telegrams', { links: [1] });
  last().send('heartbeat', { time: '1970-01-01T00:00:01Z' });
  expect(heard).toEqual(['connecting', 'live', 'topology', 'reset', 2, 1, 1000]);
});

test('after a break it goes on where it was, later and later', async () => {
  last().send('hello', {});
  last().send('points', { points: [] }, 'e/7');
  for (const pause of [500, 1000, 2000, 4000, 5000, 5000]) {
    const before = sources.length;
    last().dispatchEvent(new Event('error'));
    expect(last().closed).toBe(true);
    await vi.advanceTimersByTimeAsync(pause - 1);
    expect(sources.length).toBe(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(sources.length).toBe(before + 1);
    expect(last().address).toBe('/api/events?from=e%2F7');
  }
  last().send('hello', {});
  last().dispatchEvent(new Event('error'));
  const before = sources.length;
  await vi.advanceTimersByTimeAsync(500);
  expect(sources.length).toBe(before + 1);
});

test('silence is a break', async () => {
  last().send('hello', {});
  await vi.advanceTimersByTimeAsync(11_000);
  last().send('heartbeat', { time: '1970-01-01T00:00:01Z' });
  await vi.advanceTimersByTimeAsync(11_000);
  expect(heard).not.toContain('lost');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(heard).toContain('lost');
});

test('a server without a free stream is told from one that is away', async () => {
  full = true;
  last().dispatchEvent(new Event('error'));
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual(['connecting', 'lost', 'full']);
});

test('what a closed source still says is not heard', () => {
  const old = last();
  stream.open();
  old.send('topology', {});
  expect(heard).not.toContain('topology');
});
