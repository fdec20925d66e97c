import type { Point } from './api';
import { formatValue, type Words } from './format';
import { language, named, said, t } from './i18n.svelte';
import { plant } from './plant.svelte';
import { flagName } from './quality';

// Points and links in the words of the page's language.

const words = $derived<Words>({
  on: t('value.on'),
  off: t('value.off'),
  intermediate: t('value.intermediate'),
  indeterminate: t('value.indeterminate'),
  none: t('value.none'),
  moving: t('value.moving'),
});

export const valueText = (point: Point): string => formatValue(point, words, language.locale);

export const qualityText = (point: Point): string =>
  point.quality.length === 0
    ? t('state.good')
    : point.quality.map((flag) => named('quality', flagName(flag))).join(', ');

/** What a name in a telegram means, or the name itself. */
export function meaningOf(group: string, name: string | undefined): string {
  return said(plant.meaning(group, name)) || (name ?? '');
}

const protocols: Record<string, string> = { iec104: 'IEC 104', ads: 'ADS', websocket: 'WebSocket' };

export const protocolName = (protocol: string): string => protocols[protocol] ?? protocol;
