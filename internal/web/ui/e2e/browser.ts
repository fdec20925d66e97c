import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

export const address = process.env.STELLWERK_URL ?? '';
export const bigAddress = process.env.STELLWERK_BIG_URL ?? '';

if (!address || !bigAddress) {
  throw new Error(
    'The steps need a server to work on. Run them with: go test ./internal/web -run TestUserInterface',
  );
}

export type Look = {
  width?: number;
  height?: number;
  scheme?: 'light' | 'dark';
  locale?: string;
  /** Complaints that belong to the steps. */
  tolerate?: RegExp;
};

/**
 * Opens Debian's Chromium with a profile of its own for the time of some steps.
 * What the page complains about fails the test, its security policy included.
 */
export async function browse(
  look: Look,
  steps: (page: Page) => Promise<void>,
): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), 'stellwerk-e2e-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.STELLWERK_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    viewport: { width: look.width ?? 1280, height: look.height ?? 800 },
    colorScheme: look.scheme ?? 'light',
    locale: look.locale ?? 'en-GB',
  });
  const complaints: string[] = [];
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await steps(page);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
  expect(complaints.filter((complaint) => !look.tolerate?.test(complaint))).toEqual([]);
}
