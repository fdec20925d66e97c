import { fetchHealth, fetchVocabulary, type Link, type Text, type Topology } from './api';
import { PointTable } from './points';
import { Stream, type Status } from './stream';
import { TelegramLog } from './telegrams';

export type Rates = { received: number; sent: number };

/** How long a page that nobody sees keeps its stream, in milliseconds. */
const patience = 20_000;

/** Everything that the page knows of the plant. There is one. */
class Plant {
  status = $state<Status>('connecting');
  /** When the connection was lost; 0 where it never stood. */
  lostAt = $state(0);
  topology = $state.raw<Topology | null>(null);
  /** Telegrams a second of each link. */
  rates = $state.raw<ReadonlyMap<string, Rates>>(new Map());
  /** Counts when anything about points has changed. */
  pointTick = $state(0);
  /** Counts when telegrams have come. */
  telegramTick = $state(0);
  /** The server's clock, to the second. */
  now = $state(Date.now());
  vocabulary = $state.raw<ReadonlyMap<string, Text>>(new Map());

  readonly points = new PointTable();
  readonly telegrams = new TelegramLog();

  /** How many points there are, by how far they can be trusted. */
  readonly counts = $derived.by(() => {
    void this.pointTick;
    const { good, marked, stale, invalid } = this.points.counts;
    const bad = marked + stale + invalid;
    return { good, marked, stale, invalid, bad, all: good + bad };
  });

  private skew = 0;
  private measured: { at: number; links: readonly Link[] } | null = null;
  private readonly stream = new Stream(
    {
      status: (status) => this.setStatus(status),
      reset: () => {
        this.points.clear();
        this.telegrams.clear();
        this.pointTick++;
        this.telegramTick++;
      },
      topology: (topology) => this.setTopology(topology),
      points: (page) => {
        this.points.apply(page.points);
        this.pointTick++;
      },
      telegrams: (links) => {
        this.telegrams.apply(links);
        this.telegramTick++;
      },
      time: (at) => (this.skew = at - Date.now()),
    },
    {
      open: (address) => new EventSource(address),
      full: async () => {
        const health = await fetchHealth().catch(() => null);
        return health !== null && health.streams >= health.max_streams;
      },
    },
  );

  /** Begins to listen. It goes on as long as the page is open. */
  start(): void {
    setInterval(() => (this.now = Date.now() + this.skew), 1000);
    let hidden: ReturnType<typeof setTimeout> | undefined;
    let away = false;
    document.addEventListener('visibilitychange', () => {
      clearTimeout(hidden);
      if (document.visibilityState === 'hidden') {
        hidden = setTimeout(() => {
          away = true;
          this.stream.close();
        }, patience);
      } else if (away) {
        away = false;
        this.stream.open();
      }
    });
    this.stream.open();
  }

  /** The meaning of a name in a telegram. */
  meaning(group: string, name: string | undefined): Text | undefined {
    return name ? this.vocabulary.get(`${group} ${name}`) : undefined;
  }

  link(name: string | undefined): Link | undefined {
    return this.topology?.links.find((link) => link.name === name);
  }

  /** The links whose points concern a link: its own, or those routed to it. */
  sourcesOf(name: string | undefined): ReadonlySet<string> | undefined {
    if (name === undefined) return undefined;
    const routes = this.topology?.routes ?? [];
    return new Set([name, ...routes.filter((route) => route.to === name).map(({ from }) => from)]);
  }

  private setStatus(status: Status): void {
    // Trying again is no news as long as there is no connection.
    if (status === 'connecting' && this.status !== 'live') return;
    if (status === 'lost' && this.status === 'live') this.lostAt = Date.now();
    if (status === 'live') {
      this.lostAt = 0;
      void this.loadVocabulary();
    }
    this.status = status;
  }

  private async loadVocabulary(): Promise<void> {
    const answer = await fetchVocabulary().catch(() => null);
    if (!answer) return; // names are shown as they are
    this.vocabulary = new Map(answer.terms.map((term) => [`${term.group} ${term.name}`, term.text]));
  }

  private setTopology(topology: Topology): void {
    const at = Date.now();
    const before = this.measured;
    if (before && at - before.at >= 900) {
      const seconds = (at - before.at) / 1000;
      this.rates = new Map(
        topology.links.map((link) => {
          const old = before.links.find(({ name }) => name === link.name) ?? link;
          const rate = (now: number, then: number) => Math.max(0, (now - then) / seconds);
          return [
            link.name,
            { received: rate(link.received, old.received), sent: rate(link.sent, old.sent) },
          ];
        }),
      );
    }
    if (!before || at - before.at >= 900) this.measured = { at, links: topology.links };
    this.topology = topology;
  }
}

export const plant = new Plant();
