// The last minutes of one number.

export type Sample = { readonly at: number; readonly value: number };

const span = 10 * 60_000; // milliseconds that are kept
const spacing = 500; // two samples are at least this far apart

export class Trend {
  private samples: Sample[] = [];

  get size(): number {
    return this.samples.length;
  }

  /** Adds a sample. NaN is a gap. Of samples close together the latest stays. */
  add(at: number, value: number): void {
    const last = this.samples.at(-1);
    const before = this.samples.at(-2);
    if (last && before && at - before.at < spacing && Number.isNaN(last.value) === Number.isNaN(value)) {
      this.samples[this.samples.length - 1] = { at, value };
    } else {
      this.samples.push({ at, value });
    }
    // The last sample before the span stays: it holds until the next.
    let old = 0;
    while (old + 1 < this.samples.length && this.samples[old + 1]!.at <= at - span) old++;
    if (old > 0) this.samples.splice(0, old);
  }

  /** The samples, oldest first, and the last one again at the given time. */
  until(now: number): readonly Sample[] {
    const last = this.samples.at(-1);
    return last && now > last.at ? [...this.samples, { at: now, value: last.value }] : this.samples;
  }
}

export type Frame = { from: number; to: number; min: number; max: number };

/** What a drawing of the samples has to hold; null where there is nothing. */
export function frameOf(samples: readonly Sample[]): Frame | null {
  let min = Infinity;
  let max = -Infinity;
  for (const { value } of samples) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || min > max || last.at <= first.at) return null;
  return { from: Math.max(first.at, last.at - span), to: last.at, min, max };
}

/** The path of an SVG that draws the samples as steps: a value holds until the next. */
export function stepPath(
  samples: readonly Sample[],
  frame: Frame,
  width: number,
  height: number,
): string {
  const range = frame.max - frame.min;
  const x = (at: number) =>
    round((Math.max(0, at - frame.from) / (frame.to - frame.from)) * width);
  const y = (value: number) =>
    round(range === 0 ? height / 2 : height - ((value - frame.min) / range) * height);
  let path = '';
  let pen = false;
  for (const { at, value } of samples) {
    if (!Number.isFinite(value)) {
      if (pen) path += `H${x(at)}`;
      pen = false;
    } else if (pen) {
      path += `H${x(at)}V${y(value)}`;
    } else {
      path += `M${x(at)} ${y(value)}`;
      pen = true;
    }
  }
  return path;
}

const round = (value: number): number => Math.round(value * 10) / 10;
