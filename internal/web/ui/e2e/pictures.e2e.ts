import { join } from 'node:path';
import { test } from 'vitest';
import { address, bigAddress, browse, type Look } from './browser';

// Pictures of every view, for people to look at.
const folder = process.env.STELLWERK_SCREENSHOTS;

const looks: Record<string, Look> = {
  '1280-light-en': { width: 1280, height: 800 },
  '1280-dark-de': { width: 1280, height: 800, scheme: 'dark', locale: 'de-DE' },
  '1920-light-de': { width: 1920, height: 1080, locale: 'de-DE' },
  '1920-dark-en': { width: 1920, height: 1080, scheme: 'dark' },
};

for (const [name, look] of Object.entries(looks)) {
  test.skipIf(!folder)(`pictures ${name}`, () =>
    browse(look, async (page) => {
      const shoot = (view: string) =>
        page.screenshot({ path: join(folder ?? '', `${view}-${name}.png`) });
      await page.goto(address);
      await page.waitForSelector('[data-link]');
      await page.waitForTimeout(2500);
      await shoot('overview');
      await page.click('[data-link=substation]');
      await page.locator('[role=radio]').nth(2).click();
      await page.waitForTimeout(500);
      await shoot('overview-link');
      await page.goto(`${address}/#/points/substation/1/120`);
      await page.waitForTimeout(1500);
      await shoot('points');
      await page.goto(`${address}/#/telegrams/substation`);
      await page.waitForTimeout(500);
      await page.keyboard.press('p');
      const rows = page.locator('.window [role=row]');
      await rows.filter({ hasText: 'M_ME_TF_1' }).first().click();
      await page.getByRole('treegrid').focus();
      await page.keyboard.press('End');
      for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowUp');
      await page.waitForTimeout(300);
      await shoot('telegrams');
      await page.keyboard.press('?');
      await page.waitForTimeout(200);
      await shoot('help');
      await page.goto(`${bigAddress}/#/points`);
      await page.waitForTimeout(6000);
      await shoot('big');
    }),
  );
}
