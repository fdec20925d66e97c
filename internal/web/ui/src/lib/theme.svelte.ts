import { recall, remember } from './memory';

export type ThemeName = 'light' | 'dark';

class Theme {
  private readonly system = matchMedia('(prefers-color-scheme: dark)');
  private chosen = $state<ThemeName | null>(null);
  private systemDark = $state(false);
  readonly current = $derived<ThemeName>(this.chosen ?? (this.systemDark ? 'dark' : 'light'));

  constructor() {
    const kept = recall('theme');
    if (kept === 'light' || kept === 'dark') this.chosen = kept;
    this.systemDark = this.system.matches;
    this.system.addEventListener('change', (event) => (this.systemDark = event.matches));
  }

  toggle(): void {
    this.chosen = this.current === 'dark' ? 'light' : 'dark';
    remember('theme', this.chosen);
  }
}

export const theme = new Theme();
