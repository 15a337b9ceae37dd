import type { Area, Scene } from '../scenes.ts';

const page = (path: string, dark: boolean): Scene => ({
  name: path,
  dark,
  async show({ stage, page: opened }) {
    await opened.goto(`${stage.server.origin}/${path}`);
    await opened.locator('main h1').waitFor();
  },
});

/** What helps before a conference. */
export const area: Area = {
  title: 'Support and prerequisites',
  checked: true,
  scenes: [page('support', false), page('prerequisites', true)],
};
