import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** Presses Tab until an element has the focus, and sees that the focus is visible. */
export async function tabTo(page: Page, id: string): Promise<void> {
  const focused = (): Promise<{ id: string; visible: boolean }> =>
    page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const style = getComputedStyle(element);
      const visible = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
      return { id: element.dataset['testid'] ?? '', visible };
    });
  const path: string[] = [];
  for (let i = 0; i < 40; i++) {
    const now = await focused();
    if (now.id === id) {
      expect(now.visible, `the focus on ${id} is seen`).toBe(true);
      return;
    }
    path.push(now.id);
    await page.keyboard.press('Tab');
  }
  throw new Error(`${id} is not reached by Tab, only ${path.join(' ')}`);
}

/** Types into an entry that Tab reaches. */
export async function write(page: Page, id: string, text: string): Promise<void> {
  await tabTo(page, id);
  await page.keyboard.type(text);
}

/** Presses what Tab reaches. */
export async function press(page: Page, id: string, key = 'Enter'): Promise<void> {
  await tabTo(page, id);
  await page.keyboard.press(key);
}
