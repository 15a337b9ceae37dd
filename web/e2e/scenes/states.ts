import { open } from '../chromium.ts';
import { Wire } from '../easel.ts';
import { bond, chromiumHand, Portal } from '../portal.ts';
import type { Area } from '../scenes.ts';
import { until } from '../wait.ts';

/** What the tool looks like when there is no picture, for each reason. */
export const area: Area = {
  title: 'The tool without a picture',
  scenes: [
    {
      name: 'tool-connecting',
      window: true,
      async show({ stage, page, portal, conference }) {
        await portal.enter(stage.server.origin, conference, bond);
        // No answer, until the scenes are over.
        await page.route('**/api/v1/join-tokens', () => {});
        await portal.submit();
        await portal.state('connecting');
      },
    },
    {
      name: 'tool-empty',
      window: true,
      dark: true,
      async show({ stage, look, another }) {
        const quiet = await stage.server.conference({ name: `Quiet ${look.name}`, title: 'Project Neptune' });
        const guest = await another('guest');
        await guest.portal.enter(stage.server.origin, quiet, bond);
        await guest.portal.submit();
        await guest.portal.state('waiting');
        return guest.page;
      },
    },
    {
      name: 'tool-reconnecting',
      window: true,
      async show({ stage, conference, another }) {
        const guest = await another('cut off');
        await guest.portal.enter(stage.server.origin, conference, bond);
        await guest.portal.submit();
        await guest.portal.state('live');
        // The socket goes by a word of the page: a browser that is offline keeps its open ones.
        await guest.page.route('**/control**', (route) => route.abort());
        await guest.page.evaluate(`negotiated.connections.forEach((connection) => connection.close())`);
        await guest.portal.state(['reconnecting', 'connecting'], 20_000);
        return guest.page;
      },
    },
    {
      name: 'tool-frozen',
      window: true,
      async show({ stage, look, another, after }) {
        const show = await stage.server.conference({ name: `Frozen ${look.name}`, title: 'Project Neptune' });
        const presenter = await stage.presenter(show, { tag: 8203, name: 'Grace Hopper' });
        after(async () => presenter.context.browser()?.close());
        await presenter.portal.share('Plan');
        const guest = await another('frozen');
        await guest.portal.enter(stage.server.origin, show, bond);
        await guest.portal.submit();
        await guest.portal.state('live');
        await presenter.page.route('**/whip**', (route) => route.abort());
        await presenter.page.evaluate(`negotiated.connections.forEach((connection) => connection.close())`);
        await guest.portal.state('frozen', 20_000);
        return guest.page;
      },
    },
    {
      name: 'tool-removed',
      window: true,
      async show({ stage, look, another }) {
        const quiet = await stage.server.conference({ name: `Removed ${look.name}`, title: 'Project Neptune' });
        const guest = await another('removed');
        await guest.portal.enter(stage.server.origin, quiet, bond);
        await guest.portal.submit();
        await guest.portal.state('waiting');
        await until('the guest on the list', 10_000, async () => {
          await stage.server.remove(quiet, bond.name);
          return guest.portal.state('removed', 1000).then(() => true, () => false);
        });
        return guest.page;
      },
    },
    {
      name: 'tool-replaced',
      window: true,
      async show({ stage, look, another }) {
        const quiet = await stage.server.conference({ name: `Replaced ${look.name}`, title: 'Project Neptune' });
        const guest = await another('twice');
        await guest.portal.enter(stage.server.origin, quiet, bond);
        await guest.portal.submit();
        await guest.portal.state('waiting');
        // As the browser duplicates a tab: who was in the tool there is in it here.
        await guest.page.evaluate(() => void window.open(location.href));
        await guest.portal.state('replaced', 20_000);
        return guest.page;
      },
    },
    {
      name: 'tool-ended',
      window: true,
      async show({ stage, look, another }) {
        const short = await stage.server.conference({ name: `Short ${look.name}`, title: 'Project Neptune' });
        const guest = await another('last');
        await guest.portal.enter(stage.server.origin, short, bond);
        await guest.portal.submit();
        await guest.portal.state('waiting');
        await stage.server.endConference(short);
        await guest.portal.state('ended', 20_000);
        return guest.page;
      },
    },
    {
      name: 'tool-missed',
      window: true,
      async show({ stage, look, another }) {
        const short = await stage.server.conference({ name: `Missed ${look.name}`, title: 'Project Neptune' });
        const guest = await another('absent');
        const wire = await Wire.tap(guest.page);
        await guest.portal.enter(stage.server.origin, short, bond);
        await guest.portal.submit();
        await guest.portal.state('waiting');
        await wire.cut();
        await guest.portal.state('reconnecting');
        await stage.server.endConference(short);
        wire.mend();
        await guest.portal.state('ended', 20_000);
        return guest.page;
      },
    },
    {
      name: 'tool-share',
      window: true,
      dark: true,
      async show({ stage, conference, another }) {
        const colleague = await another('colleague');
        const link = await stage.server.invitation(conference, 'Grace Hopper');
        await colleague.portal.enterByLink(link, { ...bond, title: '', name: 'Grace Hopper' });
        await colleague.portal.submit();
        await colleague.portal.state('live');
        if (!(await colleague.portal.shows('share-button'))) return colleague.page; // a phone shares nothing
        await colleague.portal.hand.click('share-button');
        await until('the dialog', 5000, () => colleague.portal.shows('share-start'));
        return colleague.page;
      },
    },
  ],
};
