// What the page remembers between visits. A browser that keeps nothing is fine.

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`stellwerk.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`stellwerk.${name}`, value);
  } catch {
    // Only this visit then.
  }
}
