import { drag } from '../easel.ts';
import { bond } from '../portal.ts';
import type { Area, Set } from '../scenes.ts';

/** A colleague in the conference, who draws. */
async function colleague({ stage, conference, portal }: Set): Promise<void> {
  await portal.enterByLink(await stage.server.invitation(conference, 'Grace Hopper'), {
    ...bond,
    title: '',
    name: 'Grace Hopper',
  });
  await portal.submit();
  await portal.state('live');
}

/** Drawing, the whiteboard, and the keys. */
export const area: Area = {
  title: 'The stage',
  scenes: [
    {
      name: 'tool-drawing',
      window: true,
      async show(set) {
        await colleague(set);
        await set.portal.hand.click('tools');
        await set.portal.hand.click('tool-ellipse');
        await drag(set.page, 'video', [0.3, 0.3], [0.55, 0.6]);
      },
    },
    {
      name: 'tool-whiteboard',
      window: true,
      dark: true,
      async show({ page, portal }) {
        await portal.hand.click('look-board');
        await portal.hand.click('tool-pen');
        await drag(page, 'whiteboard', [0.1, 0.7], [0.2, 0.3], [0.3, 0.6], [0.4, 0.4]);
        await portal.hand.click('colour-blue');
        await portal.hand.click('tool-arrow');
        await drag(page, 'whiteboard', [0.5, 0.7], [0.7, 0.4]);
        await portal.hand.click('tool-hand');
      },
    },
    {
      name: 'tool-keys',
      window: true,
      async show({ page, portal }) {
        await page.getByTestId('view').focus();
        await page.keyboard.press('?');
        await portal.reach('keys');
      },
    },
  ],
};
