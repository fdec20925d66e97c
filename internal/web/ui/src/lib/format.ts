import type { Point } from './api';

// Numbers and times as the tables show them.

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(locale: string, digits: number): Intl.NumberFormat {
  const key = `${locale} ${digits}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.NumberFormat(locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    formatters.set(key, found);
  }
  return found;
}

export const formatInteger = (value: number, locale: string): string =>
  formatter(locale, 0).format(value);

/**
 * A number for a column: always as many decimals, so that the points stand
 * below each other and digits do not dance, unless it is too small for them or
 * too large.
 */
export function formatNumber(value: number, locale: string, decimals = 3): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.5 * 10 ** -decimals || size >= 1e9)) {
    return localized(value.toExponential(3), locale);
  }
  return formatter(locale, Math.max(0, Math.min(9, decimals))).format(value);
}

/** A number with all its digits, but none that a 32-bit float does not have. */
export function formatExactly(value: number, locale: string): string {
  if (!Number.isFinite(value)) return formatNumber(value, locale);
  if (Math.fround(value) === value) {
    for (let digits = 1; digits < 10; digits++) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === value) return localized(String(short), locale);
    }
  }
  return localized(String(value), locale);
}

const localized = (digits: string, locale: string): string =>
  locale.startsWith('de') ? digits.replace('.', ',') : digits;

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));
const three = (value: number): string => String(value).padStart(3, '0');

export const clock = (at: Date): string =>
  `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;

const day = (at: Date): string =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

/** Whether a time says where on earth it holds. */
const hasOffset = (text: string): boolean => /(?:Z|[+-]\d\d:\d\d)$/.test(text);

/**
 * A time for a column: of today without the date. A time without an offset is
 * shown as it stands, any other in the zone of the browser.
 */
export function formatTime(text: string | undefined, now: Date): string {
  if (!text) return '';
  const iso = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)/.exec(text);
  if (!iso) return text;
  if (!hasOffset(text)) return iso[1] === day(now) ? iso[2]! : `${iso[1]} ${iso[2]}`;
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return text;
  const time = `${clock(at)}.${three(at.getMilliseconds())}`;
  return day(at) === day(now) ? time : `${day(at)} ${time}`;
}

/** How long ago, in one number and one unit: "12 s", "3 min", "4 d". */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 100) return `${Math.floor(seconds)} s`;
  if (seconds < 100 * 60) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 100 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/** The words for values that are not numbers. */
export type Words = {
  on: string;
  off: string;
  intermediate: string;
  indeterminate: string;
  none: string;
  moving: string;
};

type StepValue = { position: number; transient?: boolean };
type CounterValue = { count: number };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isStep = (value: unknown): value is StepValue =>
  isObject(value) && typeof value.position === 'number';

const isCounter = (value: unknown): value is CounterValue =>
  isObject(value) && typeof value.count === 'number';

/** The number behind a value, for sorting and trends; null where there is none. */
export function numberOf(point: Point): number | null {
  const { value } = point;
  if (typeof value === 'number') return value;
  if (isStep(value)) return value.position;
  if (isCounter(value)) return value.count;
  return null;
}

/** What stands in the column of values. */
export function formatValue(point: Point, words: Words, locale: string): string {
  if (point.text) return point.text;
  const { value } = point;
  if (value === null || value === undefined) return words.none;
  if (typeof value === 'boolean') return value ? words.on : words.off;
  if (typeof value === 'number') {
    if (point.kind === 'bits') return `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;
    return formatNumber(value, locale, point.decimals);
  }
  if (isStep(value)) {
    const position = formatInteger(value.position, locale);
    return value.transient ? `${position} (${words.moving})` : position;
  }
  if (isCounter(value)) return formatInteger(value.count, locale);
  if (typeof value === 'string') {
    return value in words ? words[value as keyof Words] : value;
  }
  return JSON.stringify(value);
}
