// How far a point can be trusted, in one word.

export type Level = 'good' | 'marked' | 'stale' | 'invalid';

export const levels: readonly Level[] = ['good', 'marked', 'stale', 'invalid'];

/** The name of a quality flag as the dictionary has it. */
export const flagName = (flag: string): string => flag.replaceAll('_', '-');

/** The worst that the flags say. */
export function levelOf(quality: readonly string[]): Level {
  const names = quality.map(flagName);
  if (names.includes('invalid')) return 'invalid';
  if (names.includes('not-topical')) return 'stale';
  return names.length > 0 ? 'marked' : 'good';
}
