import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { address, bigAddress, browse } from './browser';
import { Relay } from './relay';

const rows = '.window [role=row]';
const selectedRow = `${rows}[aria-selected=true]`;

const text = (page: Page, selector: string) => page.locator(selector).first().innerText();

test('the overview shows links, points and telegrams', () =>
  browse({}, async (page) => {
    await page.goto(address);
    await page.waitForSelector('[data-link=substation][data-state=connected]');
    await page.waitForSelector('[data-link=cloud][data-state=fault]');
    expect(await text(page, '[data-link=cloud]')).toContain('The certificate of cloud.example');
    expect(await text(page, '.summary')).toContain('3 of 6 links not up');
    expect(await page.locator('svg .route').count()).toBe(5);

    const points = page.getByRole('grid', { name: 'Points' });
    await points.getByText('Line Nord current').waitFor();
    const telegrams = page.getByRole('grid', { name: 'Telegrams' });
    await telegrams.getByText(/M_ME_TF_1 spont/).first().waitFor();

    // A link limits what is shown; Escape takes the limit away.
    await page.click('[data-link=windpark]');
    await page.waitForFunction(
      () => document.querySelectorAll('[aria-label=Points] .window [role=row]').length === 4,
    );
    expect(page.url()).toContain('link=windpark');
    await page.keyboard.press('Escape');
    await points.getByText('Line Nord current').waitFor();
  }));

test('points change before your eyes', () =>
  browse({}, async (page) => {
    await page.goto(`${address}/#/points/substation/1/120`);
    await page.getByText('Line Nord current').first().waitFor();
    const before = await text(page, '.reading .value');
    await page.waitForFunction(
      (old) => document.querySelector('.reading .value')?.textContent !== old,
      before,
    );
    // The row and the details tell the same.
    await page.waitForFunction(
      (row) =>
        document.querySelector(row)?.textContent?.includes(
          document.querySelector('.reading .value')?.textContent ?? 'none',
        ) && document.querySelector('.reading .value')?.textContent !== '',
      selectedRow,
    );
    const shown = await text(page, selectedRow);
    await page.waitForFunction(
      ([row, old]) => (document.querySelector(row) as HTMLElement).innerText !== old,
      [selectedRow, shown] as const,
    );
    await page.waitForSelector('figure path.line');
    expect(await page.getByRole('region', { name: 'Point', exact: true }).innerText()).toContain(
      'M_ME_TF_1',
    );
  }));

test('filters, quality and sorting', () =>
  browse({}, async (page) => {
    await page.goto(`${address}/#/points`);
    await page.waitForSelector(rows);
    await page.keyboard.press('/');
    await page.keyboard.type('transformer temp');
    await page.waitForFunction((all) => document.querySelectorAll(all).length === 1, rows);
    expect(page.url()).toContain('filter=transformer+temp');
    expect(await text(page, rows)).toContain('invalid');
    await page.keyboard.press('Escape'); // empties
    await page.keyboard.press('Escape'); // leaves
    await page.click('.summary a[href*="quality=stale"]');
    await page.waitForFunction((all) => document.querySelectorAll(all).length === 4, rows);
    await page.getByRole('radio', { name: 'All' }).click();
    await page.getByRole('button', { name: 'Value' }).click();
    await page.getByRole('button', { name: 'Value' }).click();
    await page.waitForSelector('[role=columnheader][aria-sort=descending]');
    expect(await text(page, rows)).toContain('Transformer 1 energy');
  }));

test('a telegram is taken apart, with keys alone', () =>
  browse({}, async (page) => {
    await page.goto(`${address}/#/telegrams/substation?filter=M_DP_TB_1+retrem`);
    await page.waitForSelector(rows);
    // To the list by Tab, to its first row by an arrow.
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement?.getAttribute('role') === 'grid')) break;
    }
    await page.keyboard.press('ArrowDown');
    await page.waitForSelector(selectedRow);
    const tree = page.getByRole('treegrid');
    await tree.getByText('TypeID', { exact: true }).waitFor();
    expect(page.url()).toMatch(/#\/telegrams\/substation\/\d+/);

    await tree.focus();
    await page.keyboard.press('End');
    await page.waitForSelector('.octet.marked');
    await page.keyboard.press('Home');
    const all = await page.locator('.octet.marked').count();
    await page.keyboard.press('ArrowDown');
    expect(await text(page, '.octet.marked')).toBe('68');
    expect(await page.locator('.octet.marked').count()).toBeLessThan(all);

    // Left closes a branch, right opens it.
    const branch = tree.locator(selectedRow);
    await page.keyboard.press('Home');
    expect(await branch.getAttribute('aria-expanded')).toBe('true');
    const second = () => tree.locator(rows).nth(1).innerText();
    const inside = await second();
    await page.keyboard.press('ArrowLeft');
    await page.waitForSelector(`${selectedRow}[aria-expanded=false]`);
    expect(await second()).not.toBe(inside);
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector(`${selectedRow}[aria-expanded=true]`);
    expect(await second()).toBe(inside);

    // An octet leads to its field.
    await page.locator('.octet').nth(6).click();
    expect(await text(page, `[role=treegrid] ${selectedRow}`)).toContain('M_DP_TB_1');

    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('[role=treegrid]'));
  }));

test('one telegram leads to the other', () =>
  browse({}, async (page) => {
    await page.goto(`${address}/#/points/substation/1/501`);
    await page.getByRole('link', { name: 'Show the telegram that brought it' }).click();
    await page.waitForSelector('[role=treegrid]');
    await page.locator('.related a').first().click();
    await page.waitForFunction(() => location.hash.startsWith('#/telegrams/control-centre/'));
    await page.getByText('made of').waitFor();
  }));

test('telegrams are held and released', () =>
  browse({}, async (page) => {
    await page.goto(`${address}/#/telegrams/substation`);
    await page.waitForSelector(rows);
    await page.keyboard.press('p');
    const first = await text(page, rows);
    await page.waitForFunction(() => /held, [1-9]/.test(document.body.innerText));
    expect(await text(page, rows)).toBe(first);
    await page.click('[data-action=hold]');
    await page.waitForFunction(
      ([selector, old]) => (document.querySelector(selector) as HTMLElement).innerText !== old,
      [rows, first] as const,
    );
  }));

test('language and theme are chosen and remembered', () =>
  browse({ locale: 'de-DE', scheme: 'dark' }, async (page) => {
    await page.goto(address);
    await page.getByRole('link', { name: 'Übersicht' }).waitFor();
    expect(await page.getAttribute('html', 'lang')).toBe('de');
    expect(await page.getAttribute('html', 'data-theme')).toBe('dark');
    await page.click('[data-action=language]');
    await page.getByRole('link', { name: 'Overview' }).waitFor();
    await page.click('[data-action=theme]');
    await page.waitForSelector('html[data-theme=light]');
    await page.reload();
    await page.getByRole('link', { name: 'Overview' }).waitFor();
    expect(await page.getAttribute('html', 'data-theme')).toBe('light');
  }));

test('views and help are reached by keys', () =>
  browse({}, async (page) => {
    await page.goto(address);
    await page.waitForSelector(rows);
    await page.keyboard.press('2');
    await page.waitForFunction(() => location.hash === '#/points');
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'grid');
    await page.keyboard.press('ArrowDown');
    await page.waitForSelector(selectedRow);
    await page.keyboard.press('3');
    await page.waitForFunction(() => location.hash === '#/telegrams');
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open]');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('dialog'));
    await page.keyboard.press('1');
    await page.waitForFunction(() => location.hash === '#/');
  }));

test('a lost connection is said, and mends itself', async () => {
  const relay = await Relay.start(address);
  try {
    await browse({ tolerate: /ERR_/ }, async (page) => {
      await page.goto(relay.address);
      await page.getByText('Live', { exact: true }).waitFor();
      relay.cut = true;
      await page.getByRole('alert').waitFor();
      expect(await text(page, '[role=alert]')).toContain('No connection to Stellwerk since');
      relay.cut = false;
      await page.getByText('Live', { exact: true }).waitFor();
      await page.waitForFunction(() => !document.querySelector('[role=alert]'));
    });
  } finally {
    await relay.stop();
  }
});

test('a hundred thousand rows scroll', () =>
  browse({ width: 1920, height: 1080 }, async (page) => {
    await page.goto(`${bigAddress}/#/points`);
    await page.waitForFunction(() => /100[,.]0\d\d of/.test(document.body.innerText), undefined, {
      timeout: 100_000,
    });
    const drawn = await page.locator(rows).count();
    expect(drawn).toBeLessThan(80);
    const worst = await page.evaluate(async () => {
      const table = document.querySelector<HTMLElement>('.table [role=grid]')!;
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      const times: number[] = [];
      for (let step = 0; step < 120; step++) {
        const start = performance.now();
        table.scrollTop = (table.scrollHeight * step) / 120;
        await frame();
        await frame();
        times.push(performance.now() - start);
        const top = table.getBoundingClientRect().top;
        const below = document.elementFromPoint(400, top + 200)?.closest('[role=row]');
        if (!below?.textContent?.trim()) throw new Error(`nothing is drawn at step ${step}`);
      }
      times.sort((a, b) => a - b);
      return { median: times[60]!, slow: times[114]! };
    });
    // Two frames take 33 ms where a screen sets the pace. Here software draws,
    // and the machine may be busy with other tests.
    expect(worst.median).toBeLessThan(250);
    await page.locator('.table [role=grid]').focus();
    await page.keyboard.press('End');
    await page.waitForSelector(selectedRow);
    await page.keyboard.press('Home');
    await page.keyboard.press('/');
    const start = Date.now();
    await page.keyboard.type('aValues[77777]');
    await page.waitForFunction((all) => document.querySelectorAll(all).length === 1, rows);
    expect(Date.now() - start).toBeLessThan(10_000);
    console.log(
      `100,000 rows: ${drawn} drawn; two frames in ${worst.median.toFixed(0)} ms, 95 % in ${worst.slow.toFixed(0)} ms`,
    );
  }));
