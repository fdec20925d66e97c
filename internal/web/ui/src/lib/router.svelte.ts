import { formatPlace, parsePlace, type Place } from './hash';

class Router {
  place = $state.raw<Place>(parsePlace(location.hash));

  constructor() {
    addEventListener('hashchange', () => (this.place = parsePlace(location.hash)));
  }

  /** Goes to another place, which "back" leaves again. */
  go(place: Place): void {
    location.hash = formatPlace(place);
  }

  /** Changes the place without a step for "back": a filter, a selection. */
  adjust(change: { [K in keyof Place]?: Place[K] | undefined }): void {
    const next = { ...this.place, ...change } as Place;
    for (const key of Object.keys(next) as (keyof Place)[]) {
      if (next[key] === undefined || next[key] === '') delete next[key];
    }
    this.place = next;
    history.replaceState(null, '', formatPlace(next));
  }
}

export const router = new Router();
