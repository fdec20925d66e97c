import { untrack } from 'svelte';
import { plant } from './plant.svelte';
import type { Row } from './points';
import { followsQualities, followsValues, select, type Query } from './query';

/** Pause between two looks, as a multiple of what one takes. */
const leisure = 5;
const shortest = 250;

/**
 * The rows that match a query, kept up to date. A new query is answered at
 * once; changes of points are followed at a pace that leaves time for the rest
 * of the page.
 */
export class LiveRows {
  current = $state.raw<readonly Row[]>([]);

  private readonly query: () => Query;
  private seen = '';
  private due = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** To be called while a component is set up. */
  constructor(query: () => Query) {
    this.query = query;
    $effect(() => {
      const wanted = query();
      untrack(() => this.look(wanted));
    });
    $effect(() => {
      void plant.pointTick;
      untrack(() => this.follow());
    });
    $effect(() => () => clearTimeout(this.timer));
  }

  private look(query: Query): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const start = performance.now();
    this.seen = this.stamp(query);
    this.current = select(plant.points, query);
    const took = performance.now() - start;
    this.due = start + Math.max(shortest, took * leisure);
  }

  private follow(): void {
    if (this.timer !== undefined || this.stamp(this.query()) === this.seen) return;
    const wait = this.due - performance.now();
    if (wait <= 0) this.look(this.query());
    else this.timer = setTimeout(() => this.look(this.query()), wait);
  }

  /** Differs when the answer may differ. */
  private stamp(query: Query): string {
    const { points, pointTick } = plant;
    return [
      points.membership,
      followsQualities(query) ? points.qualities : 0,
      followsValues(query) ? pointTick : 0,
    ].join();
  }
}
