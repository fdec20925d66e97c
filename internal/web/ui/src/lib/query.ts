import { numberOf } from './format';
import type { PointTable, Row } from './points';
import { levels } from './quality';
import { sortKey } from './sortkey';
import type { Sort } from './table';

/** Which points a table shows, and in which order. */
export type Query = {
  filter?: string | undefined;
  /** The links that a point must come from; undefined means every link. */
  links?: ReadonlySet<string> | undefined;
  /** A level, or "bad" for all but good. */
  quality?: string | undefined;
  kind?: string | undefined;
  sort?: Sort | undefined;
};

/** Whether the answer can change when only values change. */
export const followsValues = (query: Query): boolean =>
  query.sort !== undefined && ['value', 'age', 'time', 'cause'].includes(query.sort.key);

/** Whether the answer can change when qualities change. */
export const followsQualities = (query: Query): boolean =>
  query.quality !== undefined || query.sort?.key === 'quality';

/** The rows that match, in order. */
export function select(table: PointTable, query: Query): readonly Row[] {
  const all = table.inOrder();
  const words = query.filter?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
  const { links, quality, kind } = query;
  let rows: readonly Row[] = all;
  if (words.length > 0 || links || quality || kind) {
    rows = all.filter(
      (row) =>
        (!links || links.has(row.point.link)) &&
        (!kind || row.point.kind === kind) &&
        (!quality || (quality === 'bad' ? row.level !== 'good' : row.level === quality)) &&
        words.every((word) => matches(row, word)),
    );
  }
  const { sort } = query;
  if (!sort || (sort.key === 'id' && !sort.descending)) return rows;
  if (sort.key === 'id') return rows.toReversed();
  const keyed = rows.map((row, index) => ({ row, index, key: keyOf(row, sort.key) }));
  const sign = sort.descending ? -1 : 1;
  // What has no key comes last, whichever way the others go.
  keyed.sort((a, b) => {
    if (a.key === b.key) return a.index - b.index;
    if (a.key === null) return 1;
    if (b.key === null) return -1;
    return a.key < b.key ? -sign : sign;
  });
  return keyed.map(({ row }) => row);
}

function matches(row: Row, word: string): boolean {
  const { point } = row;
  return (
    row.id.toLowerCase().includes(word) ||
    (point.name?.toLowerCase().includes(word) ?? false) ||
    (point.type?.toLowerCase().includes(word) ?? false)
  );
}

function keyOf(row: Row, key: string): string | number | null {
  const { point } = row;
  switch (key) {
    case 'name':
      return point.name ? sortKey(point.name) : null;
    case 'value':
      return numberOf(point) ?? (point.value === null ? null : -1e300 + stateOrder(point.value));
    case 'quality':
      return levels.indexOf(row.level);
    case 'age':
      return row.received ? -row.received : null;
    case 'time':
      return point.time || null;
    case 'type':
      return point.type || null;
    case 'cause':
      return point.cause || null;
    case 'kind':
      return point.kind;
    case 'link':
      return sortKey(point.link);
    case 'unit':
      return point.unit || null;
    default:
      return row.key;
  }
}

const states: readonly unknown[] = [false, 'off', 'intermediate', 'indeterminate', true, 'on'];

/** States sort among themselves, apart from the numbers. */
const stateOrder = (value: unknown): number => states.indexOf(value) * 1e290;
