// @vitest-environment happy-dom
import { signal } from '@preact/signals';
import { render } from 'preact';
import { afterEach, expect, it, vi } from 'vitest';
import type { Reason, Standing, Status } from '../../session/attendance.ts';
import type { Work } from '../../session/work.ts';
import { en as board } from '../../text/board/en.ts';
import { en } from '../../text/en.ts';
import { Texts } from '../../text/texts.ts';
import { ServicesContext, type Services } from '../../ui/services.ts';
import { After, isOver } from './after.tsx';

afterEach(() => document.body.replaceChildren());

const ends: [Standing, Reason, string, string[]][] = [
  ['ended', '', board['after.ended'], ['back']],
  ['removed', '', board['after.removed'], ['back']],
  ['replaced', '', board['after.replaced'], ['here', 'back']],
  ['ended', 'locked', board['after.locked'], ['here', 'back']],
  ['ended', 'refused', board['after.refused'], ['back']],
  ['ended', 'missed', board['after.missed'], ['back']],
];

it.each(ends)(
  'says what %s %s means and what to do next',
  async (standing, reason, title, deeds) => {
    const status: Status = { standing, reason, problem: null };
    expect(isOver(status)).toBe(true);
    const root = await drawn(status, true);
    expect(root.querySelector('h1')?.textContent).toBe(title);
    await vi.waitFor(() => expect(document.activeElement?.tagName).toBe('H1'));
    expect(document.title).toContain(title);
    const said = root.querySelector('[data-testid="tool-state"]');
    expect(said?.getAttribute('data-state')).toBe(standing);
    expect(said?.textContent).not.toBe('');
    const buttons = [...root.querySelectorAll('button')].map((button) => button.dataset['testid']);
    expect(buttons).toEqual(deeds);
    expect(root.textContent).toContain('kept');
  },
);

it('keeps nothing for who was never in, and is not there while it goes on', async () => {
  const root = await drawn({ standing: 'ended', reason: 'locked', problem: null }, false);
  expect(root.textContent).not.toContain('kept');
  for (const standing of ['live', 'waiting', 'reconnecting', 'frozen', 'lobby'] as const) {
    expect(isOver({ standing, reason: '', problem: null })).toBe(false);
  }
});

async function drawn(status: Status, was: boolean): Promise<HTMLElement> {
  const texts = new Texts({
    load: () => Promise.resolve(en),
    storage: null,
    wanted: ['en'],
    document,
  });
  await texts.start();
  const root = document.createElement('div');
  document.body.replaceChildren(root);
  const work = {
    attendance: { status: signal(status), control: { room: signal(was ? {} : null) } },
  } as unknown as Work;
  const portal = { admission: signal(null) };
  render(
    <ServicesContext.Provider value={{ texts, portal } as unknown as Services}>
      <After work={work}>
        <p>kept</p>
      </After>
    </ServicesContext.Provider>,
    root,
  );
  await new Promise((done) => setTimeout(done, 20));
  return root;
}
