import type { Point } from './api';
import { numberOf } from './format';
import { levelOf, type Level } from './quality';
import { sortKey } from './sortkey';
import { Trend } from './trend';

// The points as the page knows them. Nothing here is reactive: a hundred
// thousand of them are too many for that. Whoever shows them looks again when
// the counters of Plant say so.

/** A point in a table. The object stays the same while the point changes. */
export type Row = {
  point: Point;
  readonly id: string;
  readonly key: string;
  level: Level;
  /** When it was received, in milliseconds; 0 where that is not known. */
  received: number;
};

/** A change of a state or of a quality. */
export type Change = {
  readonly serial: number;
  readonly before: Point;
  readonly after: Point;
  readonly at: number;
};

const keptChanges = 500;
const keptTrends = 1000;

const discrete = new Set(['single', 'double', 'step']);

const sameValue = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));

function isChange(before: Point, after: Point): boolean {
  if (before.quality.join() !== after.quality.join()) return true;
  return discrete.has(after.kind) && !sameValue(before.value, after.value);
}

export class PointTable {
  readonly rows = new Map<string, Row>();
  readonly counts: Record<Level, number> = { good: 0, marked: 0, stale: 0, invalid: 0 };
  /** The latest changes, newest first. */
  changes: Change[] = [];
  /** Counts when points come or go. */
  membership = 0;
  /** Counts when a quality becomes another. */
  qualities = 0;

  private sorted: Row[] = [];
  private sortedAt = -1;
  private serial = 0;
  private readonly trends = new Map<string, Trend>();

  apply(points: readonly Point[]): void {
    const fresh: Change[] = [];
    for (const point of points) {
      const row = this.rows.get(point.id);
      const level = levelOf(point.quality);
      const received = point.received ? Date.parse(point.received) : 0;
      if (!row) {
        this.rows.set(point.id, {
          point,
          id: point.id,
          key: sortKey(point.id),
          level,
          received,
        });
        this.counts[level]++;
        this.membership++;
        continue;
      }
      if (row.level !== level) {
        this.counts[row.level]--;
        this.counts[level]++;
        this.qualities++;
      }
      if (isChange(row.point, point)) {
        fresh.push({ serial: ++this.serial, before: row.point, after: point, at: received });
      }
      this.remember(row.point, row.received, point, received);
      row.point = point;
      row.level = level;
      row.received = received;
    }
    if (fresh.length > 0) {
      this.changes = [...fresh.reverse(), ...this.changes].slice(0, keptChanges);
    }
  }

  clear(): void {
    this.rows.clear();
    this.trends.clear();
    this.changes = [];
    for (const level of Object.keys(this.counts) as Level[]) this.counts[level] = 0;
    this.membership++;
    this.qualities++;
  }

  /** What is known of the last minutes of a point; it is kept from now on. */
  trend(id: string): Trend {
    let trend = this.trends.get(id);
    if (!trend) {
      trend = new Trend();
      this.trends.set(id, trend);
    }
    return trend;
  }

  /** All rows in the order of their addresses. */
  inOrder(): readonly Row[] {
    if (this.sortedAt !== this.membership) {
      this.sorted = [...this.rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
      this.sortedAt = this.membership;
    }
    return this.sorted;
  }

  private remember(before: Point, receivedBefore: number, after: Point, received: number): void {
    const value = numberOf(after);
    if (value === null) return;
    let trend = this.trends.get(after.id);
    if (!trend) {
      if (this.trends.size >= keptTrends) return;
      trend = this.trend(after.id);
    }
    if (trend.size === 0) {
      const first = numberOf(before);
      if (first !== null) trend.add(receivedBefore, usable(before, first));
    }
    trend.add(received, usable(after, value));
  }
}

/** An invalid value is a gap in the trend. */
const usable = (point: Point, value: number): number =>
  levelOf(point.quality) === 'invalid' ? NaN : value;
