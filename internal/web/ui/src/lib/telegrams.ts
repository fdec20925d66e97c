import type { LinkTelegrams, Telegram } from './api';

// The latest telegrams of each link, as the page knows them.

/** A telegram in a list, or a note that some are missing before it. */
export type TelegramRow = {
  readonly key: string;
  readonly link: string;
  readonly telegram: Telegram | null;
  /** How many are missing, when there is no telegram. */
  readonly skipped: number;
  readonly at: number;
};

const keptPerLink = 1000;

export class TelegramLog {
  /** Of each link, oldest first. */
  private readonly links = new Map<string, TelegramRow[]>();
  /** How many have come. */
  count = 0;

  apply(batch: readonly LinkTelegrams[]): void {
    for (const { link, skipped, telegrams } of batch) {
      const rows = this.links.get(link) ?? [];
      const last = rows.at(-1)?.telegram?.number ?? 0;
      const fresh = telegrams.filter((telegram) => telegram.number > last);
      const first = fresh[0];
      if (!first) continue;
      const missing = last > 0 ? first.number - last - 1 : skipped;
      if (missing > 0) {
        rows.push({
          key: `${link}/before/${first.number}`,
          link,
          telegram: null,
          skipped: missing,
          at: Date.parse(first.time),
        });
      }
      for (const telegram of fresh) {
        rows.push({
          key: `${link}/${telegram.number}`,
          link,
          telegram,
          skipped: 0,
          at: Date.parse(telegram.time),
        });
      }
      this.count += fresh.length;
      this.links.set(link, rows.length > keptPerLink ? rows.slice(-keptPerLink) : rows);
    }
  }

  clear(): void {
    this.links.clear();
  }

  /** The rows of one link or, without a name, of all; newest first. */
  newest(link: string | undefined, filter: (row: TelegramRow) => boolean): TelegramRow[] {
    const lists = link === undefined ? [...this.links.values()] : [this.links.get(link) ?? []];
    const rows = lists.flatMap((list) => list.filter(filter));
    if (lists.length > 1) rows.sort((a, b) => a.at - b.at);
    return rows.reverse();
  }

  /** The telegram with a trace. */
  traced(trace: number | undefined): TelegramRow | undefined {
    if (!trace) return undefined;
    for (const rows of this.links.values()) {
      const found = rows.findLast((row) => row.telegram?.trace === trace);
      if (found) return found;
    }
    return undefined;
  }

  /** What a telegram was made of, and what was made of it. */
  relatives({ trace, related }: Telegram): { from: TelegramRow[]; to: TelegramRow[] } {
    const from = (related ?? []).flatMap((one) => this.traced(one) ?? []);
    if (!trace) return { from, to: [] };
    const to = this.newest(undefined, (row) => row.telegram?.related?.includes(trace) ?? false);
    return { from, to: to.reverse() };
  }
}

/** Whether a telegram only supervises the connection: S and U frames of IEC 104. */
export const isSupervision = (telegram: Telegram): boolean => /^[SU]\b/.test(telegram.summary);

export type TelegramFilter = {
  text?: string | undefined;
  direction?: 'in' | 'out' | undefined;
  dataOnly?: boolean | undefined;
};

/** A filter for rows. Notes about missing telegrams pass unless a text is wanted. */
export function telegramFilter({ text, direction, dataOnly }: TelegramFilter) {
  const words = text?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
  return ({ telegram }: TelegramRow): boolean => {
    if (!telegram) return words.length === 0;
    if (direction && telegram.direction !== direction) return false;
    if (dataOnly && isSupervision(telegram)) return false;
    const summary = telegram.summary.toLowerCase();
    return words.every((word) => summary.includes(word) || telegram.hex.includes(word));
  };
}
