// The place in the page, as the part of the address behind "#". Every view can
// be linked to: #/telegrams/substation/123, #/points?quality=invalid.

export type View = 'overview' | 'points' | 'telegrams';

export type Place = {
  view: View;
  /** The link that everything is limited to. */
  link?: string;
  /** The point that is shown in detail. */
  point?: string;
  /** The telegram that is taken apart. */
  telegram?: number;
  /** The text of the filter. */
  filter?: string;
  /** The quality that points must have, or "bad" for all but good. */
  quality?: string;
  kind?: string;
};

const views: readonly View[] = ['overview', 'points', 'telegrams'];

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function parsePlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const parts = path.split('/').map(decode);
  const place: Place = { view: views.find((view) => view === parts[0]) ?? 'overview' };
  const params = new URLSearchParams(query);
  for (const name of ['link', 'filter', 'quality', 'kind'] as const) {
    const value = params.get(name);
    if (value) place[name] = value;
  }
  if (place.view === 'points') {
    const id = parts.slice(1).join('/');
    if (id) place.point = id;
  }
  if (place.view === 'telegrams') {
    if (parts[1]) place.link = parts[1];
    const number = Number(parts[2]);
    if (parts[2] && Number.isSafeInteger(number) && number > 0) place.telegram = number;
  }
  return place;
}

export function formatPlace(place: Place): string {
  const params = new URLSearchParams();
  let path = place.view === 'overview' ? '' : place.view;
  if (place.view === 'points' && place.point) {
    path += `/${place.point.split('/').map(encodeURIComponent).join('/')}`;
  }
  if (place.view === 'telegrams' && place.link) {
    path += `/${encodeURIComponent(place.link)}`;
    if (place.telegram) path += `/${place.telegram}`;
  } else if (place.link) {
    params.set('link', place.link);
  }
  if (place.filter) params.set('filter', place.filter);
  if (place.quality) params.set('quality', place.quality);
  if (place.kind) params.set('kind', place.kind);
  const query = params.toString();
  return `#/${path}${query ? `?${query}` : ''}`;
}
