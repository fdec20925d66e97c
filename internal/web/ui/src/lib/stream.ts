import type { LinkTelegrams, PointsPage, Topology } from './api';

// The stream of events from the server, and what to do when it breaks.

export type Status = 'connecting' | 'live' | 'lost' | 'full';

export type Handlers = {
  status(status: Status): void;
  reset(): void;
  topology(topology: Topology): void;
  points(page: PointsPage): void;
  telegrams(links: LinkTelegrams[]): void;
  /** The time of the server, in milliseconds. */
  time(at: number): void;
};

/** What a stream needs of the browser. */
export type Surroundings = {
  open(address: string): EventSource;
  /** Whether the server answers, but has no stream free. */
  full(): Promise<boolean>;
};

/** The server sends something at least every 5 s. */
const silence = 12_000;
const firstPause = 500;
const longestPause = 5_000;

export class Stream {
  private source: EventSource | null = null;
  private from = '';
  private pause = firstPause;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly handlers: Handlers,
    private readonly surroundings: Surroundings,
  ) {}

  /** Opens the stream where it was left. */
  open(): void {
    this.close();
    this.handlers.status('connecting');
    const query = this.from ? `?from=${encodeURIComponent(this.from)}` : '';
    const source = this.surroundings.open(`/api/events${query}`);
    this.source = source;
    const on = (name: string, handle: (data: never, event: MessageEvent<string>) => void) =>
      source.addEventListener(name, (event) => {
        if (this.source !== source) return;
        this.heard();
        const message = event as MessageEvent<string>;
        handle(JSON.parse(message.data) as never, message);
      });
    on('hello', () => {
      this.pause = firstPause;
      this.handlers.status('live');
    });
    on('topology', (topology: Topology) => this.handlers.topology(topology));
    on('reset', () => {
      this.from = '';
      this.handlers.reset();
    });
    on('points', (page: PointsPage, event) => {
      this.from = event.lastEventId;
      this.handlers.points(page);
    });
    on('telegrams', ({ links }: { links: LinkTelegrams[] }) => this.handlers.telegrams(links));
    on('heartbeat', ({ time }: { time: string }) => this.handlers.time(Date.parse(time)));
    source.addEventListener('error', () => {
      if (this.source === source) this.broken();
    });
    this.heard();
  }

  /** Closes the stream; it can be opened again. */
  close(): void {
    clearTimeout(this.watchdog);
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  private heard(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.broken(), silence);
  }

  private broken(): void {
    this.close();
    this.handlers.status('lost');
    this.retry = setTimeout(() => this.open(), this.pause);
    this.pause = Math.min(this.pause * 2, longestPause);
    const { retry } = this;
    void this.surroundings.full().then((full) => {
      if (full && this.retry === retry && this.source === null) this.handlers.status('full');
    });
  }
}
