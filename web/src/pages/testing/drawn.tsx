/** Draws pages for the tests with a real portal; only the server's answers are scripted. */
import { render } from 'preact';
import { vi } from 'vitest';
import { App } from '../../app.tsx';
import { Colleagues } from '../../colleague.ts';
import { Portal } from '../../portal.ts';
import { Router } from '../../router.ts';
import { Api } from '../../session/api.ts';
import { AdmissionMemory } from '../../session/memory.ts';
import type { Fetch } from '../../session/request.ts';
import { systemTimers } from '../../session/timers.ts';
import { WayMemory } from '../../session/ways.ts';
import { en } from '../../text/en.ts';
import { fr } from '../../text/fr.ts';
import { Texts } from '../../text/texts.ts';
import { ThemeChoice } from '../../theme.ts';
import type { Outside } from '../../ui/services.ts';

export interface Drawn {
  portal: Portal;
  root: HTMLElement;
  /** What was posted, as `METHOD path` and the parsed body. */
  asked: { call: string; body: unknown }[];
  find<T extends HTMLElement = HTMLElement>(testid: string): T;
  seek(testid: string): HTMLElement | null;
  type(testid: string, text: string): void;
  submit(testid: string): Promise<void>;
}

export type Answers = Record<string, () => Response>;

/** `answers` maps `METHOD path` to what the server says; everything else is 404. */
export async function draw(address: string, answers: Answers): Promise<Drawn> {
  window.history.replaceState(null, '', address);
  const asked: Drawn['asked'] = [];
  const fetch: Fetch = (url, init) => {
    const call = `${init.method} ${url.replace('/api/v1', '')}`;
    asked.push({ call, body: typeof init.body === 'string' ? JSON.parse(init.body) : null });
    const answer = answers[call];
    return Promise.resolve(
      answer ? answer() : new Response('{"code":"not-found"}', { status: 404 }),
    );
  };
  const texts = new Texts({
    load: (language) => Promise.resolve(language === 'fr' ? fr : en),
    storage: window.localStorage,
    wanted: ['en'],
    document,
  });
  const theme = new ThemeChoice(
    document.documentElement,
    window.matchMedia('(prefers-color-scheme: dark)'),
    window.localStorage,
  );
  const outside: Outside = {
    fetch,
    timers: systemTimers,
    now: () => new Date('2026-11-24T10:00:00Z'),
    session: window.sessionStorage,
  };
  const api = new Api(outside);
  const portal = new Portal(
    api,
    new Router(window),
    new AdmissionMemory(window.sessionStorage),
    new Colleagues(api, window.sessionStorage),
    new WayMemory(window.localStorage),
  );
  await texts.start();
  const root = document.createElement('div');
  document.body.replaceChildren(root);
  render(<App services={{ outside, portal, texts, theme }} />, root);
  await portal.start();
  const seek = (testid: string) => root.querySelector<HTMLElement>(`[data-testid="${testid}"]`);
  const find = <T extends HTMLElement>(testid: string): T => {
    const found = seek(testid);
    if (found === null) throw new Error(`nothing is drawn as ${testid}`);
    return found as T;
  };
  await settled();
  return {
    portal,
    root,
    asked,
    find,
    seek,
    type(testid, text) {
      find<HTMLInputElement>(testid).value = text;
    },
    async submit(testid) {
      find(testid).click();
      await settled();
    },
  };
}

/** Lets promises and the drawing that follows them finish. */
async function settled(): Promise<void> {
  await vi.waitFor(() => Promise.resolve());
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setTimeout(done, 5));
}
