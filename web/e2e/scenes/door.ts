import { bond } from '../portal.ts';
import type { Area } from '../scenes.ts';
import { until } from '../wait.ts';

/** Guests who wait, and who lets them in. */
export const area: Area = {
  title: 'The lobby',
  scenes: [
    {
      name: 'lobby',
      dark: true,
      async show(set) {
        const { stage, look, portal, another } = set;
        const lobby = await stage.server.conference({ name: `Door ${look.name}`, guestPolicy: 'lobby' });
        await portal.enter(stage.server.origin, lobby, bond);
        await portal.submit();
        await portal.reach('lobby');
        const inside = await another('door');
        const link = await stage.server.invitation(lobby, 'Ada Lovelace');
        await inside.portal.enterByLink(link, { ...bond, title: 'Ms', name: 'Ada Lovelace' });
        opened.set(set.page, inside);
      },
    },
    {
      name: 'door',
      window: true,
      async show({ page }) {
        const { page: shown, portal } = opened.get(page)!;
        await portal.submit();
        await until('somebody knocks', 10_000, async () => (await portal.facts('knock')).length === 1);
        return shown;
      },
    },
  ],
};

/** Who is inside, by the page of who waits. */
const opened = new WeakMap<object, import('../stage.ts').Attendee>();
