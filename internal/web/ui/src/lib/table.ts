/** A column of a DataTable. */
export type Column = {
  key: string;
  title: string;
  /** A track of CSS grid: "8rem", "minmax(10rem, 1fr)". */
  width: string;
  end?: boolean;
  sortable?: boolean;
  /** The title is for readers of the screen only. */
  silent?: boolean;
};

export type Sort = { key: string; descending: boolean };

/** What the order becomes when the head of a column is pressed. */
export function pressed(sort: Sort | undefined, key: string): Sort {
  return { key, descending: sort?.key === key ? !sort.descending : false };
}

/** The height of a row in pixels. */
export const rowHeight = 28;

/** Rows that are drawn above and below what is seen. */
const margin = 6;

/** The rows to draw: from first up to, and not including, last. */
export function windowOf(
  scrollTop: number,
  height: number,
  count: number,
): { first: number; last: number } {
  const first = Math.max(0, Math.min(count, Math.floor(scrollTop / rowHeight)) - margin);
  const last = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + margin);
  return { first, last: Math.max(first, last) };
}

/** Where an arrow key leads from a row (-1: none yet); null for other keys. */
export function moved(key: string, index: number, count: number, page: number): number | null {
  if (count === 0) return null;
  const clamp = (wanted: number) => Math.max(0, Math.min(count - 1, wanted));
  switch (key) {
    case 'ArrowDown':
      return clamp(index + 1);
    case 'ArrowUp':
      return index < 0 ? 0 : clamp(index - 1);
    case 'PageDown':
      return clamp(Math.max(0, index) + page);
    case 'PageUp':
      return clamp(index - page);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
