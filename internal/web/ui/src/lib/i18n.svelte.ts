import type { Text } from './api';
import { dictionary, isKey, type Key, type Lang } from './dictionary';
import { recall, remember } from './memory';

function initial(): Lang {
  const kept = recall('language');
  if (kept === 'en' || kept === 'de') return kept;
  return navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en';
}

class Language {
  current = $state<Lang>(initial());
  readonly locale = $derived(this.current === 'de' ? 'de-DE' : 'en-GB');

  set(lang: Lang): void {
    this.current = lang;
    remember('language', lang);
  }
}

export const language = new Language();

export type Params = Record<string, string | number>;

export function fill(template: string, params?: Params): string {
  if (!params) return template;
  return template.replace(/\{(\w+)\}/g, (all, name: string) => String(params[name] ?? all));
}

/** The words for a key in the language of the page. */
export function t(key: Key, params?: Params): string {
  return fill(dictionary[language.current][key], params);
}

/** The words for a name that the server gave, or the name itself. */
export function named(group: string, name: string): string {
  const key = `${group}.${name}`;
  return isKey(key) ? t(key) : name;
}

/** A text that came in both languages. */
export function said(text: Text | undefined): string {
  return text ? text[language.current] : '';
}
