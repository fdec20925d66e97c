import { expect, test } from 'vitest';
import { dictionary } from './dictionary';

const holes = (template: string) => [...template.matchAll(/\{\w+\}/g)].map(String).sort();

test('both languages fill in the same', () => {
  for (const [key, english] of Object.entries(dictionary.en)) {
    const german = dictionary.de[key as keyof typeof dictionary.de];
    expect(holes(german), key).toEqual(holes(english));
    expect(german.trim(), key).not.toBe('');
  }
});
