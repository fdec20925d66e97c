import type { Link, Route, Topology } from './api';

// Where the links and routes of the topology lie in the drawing: links that
// points come from on the left, links that they go to on the right, the router
// between them.

export type Placed = { link: Link; side: 'left' | 'right'; y: number };

export type Track = { route: Route; from: Placed; to: Placed };

export type Drawing = {
  left: Placed[];
  right: Placed[];
  tracks: Track[];
  height: number;
  /** The height of a link's card. */
  card: number;
};

/** Cards have three lines, and two where there is no room for them. */
const roomy = { card: 84, gap: 12 };
const compact = { card: 50, gap: 7 };

/** Whether a link stands on the side that points go to. */
function isDestination(link: Link, routes: readonly Route[]): boolean {
  const gives = routes.filter((route) => route.from === link.name).length;
  const takes = routes.filter((route) => route.to === link.name).length;
  if (gives !== takes) return takes > gives;
  return link.role === 'controlled' || link.role === 'server';
}

/** Draws the topology, into the room of a height if it can. */
export function draw(topology: Topology, room: number): Drawing {
  const { links, routes } = topology;
  const right = links.filter((link) => isDestination(link, routes));
  const left = links.filter((link) => !right.includes(link));
  const rows = Math.max(left.length, right.length, 1);
  const { card, gap } = rows * (roomy.card + roomy.gap) - roomy.gap <= room ? roomy : compact;
  const pitch = card + gap;
  const height = rows * pitch - gap;
  const place = (side: 'left' | 'right', list: Link[]): Placed[] => {
    const top = (height - (list.length * pitch - gap)) / 2;
    return list.map((link, index) => ({ link, side, y: top + index * pitch + card / 2 }));
  };
  const drawing: Drawing = {
    left: place('left', left),
    right: place('right', right),
    tracks: [],
    height,
    card,
  };
  const placed = new Map([...drawing.left, ...drawing.right].map((p) => [p.link.name, p]));
  for (const route of routes) {
    const from = placed.get(route.from);
    const to = placed.get(route.to);
    if (from && to) drawing.tracks.push({ route, from, to });
  }
  return drawing;
}

/**
 * The line of a route through the router, from (x1, y1) to (x2, y2): straight,
 * a diagonal in the middle, straight again, as on a track plan. Where both ends
 * are on one side it turns round, by as much as turn says.
 */
export function trackPath(x1: number, y1: number, x2: number, y2: number, turn: number): string {
  if (x1 === x2) return `M${x1} ${y1}h${turn}V${y2}H${x2}`;
  if (y1 === y2) return `M${x1} ${y1}H${x2}`;
  const middle = (x1 + x2) / 2;
  const half = Math.min(Math.abs(y2 - y1), Math.abs(x2 - x1) * 0.8) / 2;
  const sign = x2 > x1 ? 1 : -1;
  return `M${x1} ${y1}H${middle - sign * half}L${middle + sign * half} ${y2}H${x2}`;
}
