/** Draws parts of the tool over a scripted control channel. */
import { computed, signal, type Signal } from '@preact/signals';
import { render, type JSX } from 'preact';
import type { Attendance } from '../../../session/attendance.ts';
import type { PublisherState } from '../../../session/publisher.ts';
import { ScriptedLine } from '../../../session/testing/line.ts';
import { viewed } from '../../../session/room.ts';
import { papers } from '../../../session/testing/papers.ts';
import { TalkMemory } from '../../../session/talkmemory.ts';
import { Work } from '../../../session/work.ts';
import { en } from '../../../text/en.ts';
import { fr } from '../../../text/fr.ts';
import { Texts, type Language } from '../../../text/texts.ts';
import { ServicesContext, type Services } from '../../../ui/services.ts';
import { Toasts, ToastsProvider } from '../../../ui/toasts.tsx';
import { Talk } from '../talk/talk.ts';

export interface DrawnRoom {
  line: ScriptedLine;
  /** How the own share stands. */
  sharing: Signal<PublisherState>;
  work: Work;
  talk: Talk;
  toasts: Toasts;
  root: HTMLElement;
  find<T extends HTMLElement = HTMLElement>(testid: string): T;
  all(testid: string): HTMLElement[];
  /** Presses something, and waits until the page is drawn. */
  press(testid: string, nth?: number): Promise<void>;
  /** Opens the nth menu with that id and chooses. */
  choose(menu: string, item: string, nth?: number): Promise<void>;
  type(testid: string, text: string): Promise<void>;
  settle(): Promise<void>;
}

export async function drawRoom(
  draw: (work: Work, talk: Talk) => JSX.Element,
  language: Language = 'en',
  documents = papers(),
  kept: Storage | null = null,
): Promise<DrawnRoom> {
  const line = new ScriptedLine();
  const select = (): void => {};
  const control = Object.assign(line, { select });
  const sharing = signal<PublisherState>({ phase: 'idle' });
  const publisher = { state: sharing, stop() {} };
  const shown = computed(() => (line.room.value === null ? null : viewed(line.room.value)));
  const status = signal({ standing: 'live', problem: null });
  const attendance = { control, publisher, status, viewed: shown } as unknown as Attendance;
  const token = () => Promise.resolve('signed');
  const work = new Work(attendance, documents, new TalkMemory(kept), token);
  const talk = new Talk(signal('conference'));
  const toasts = new Toasts();
  const texts = new Texts({
    load: (wanted) => Promise.resolve(wanted === 'fr' ? fr : en),
    storage: null,
    wanted: [language],
    document,
  });
  await texts.start();
  const conference = { name: 'Project Neptune', bridges: [] };
  const services = { texts, portal: { admission: signal({ conference }) } } as unknown as Services;
  const root = document.createElement('div');
  document.body.replaceChildren(root);
  const seek = (testid: string): HTMLElement[] => [
    ...document.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`),
  ];
  const find = <T extends HTMLElement>(testid: string, nth = 0): T => {
    const found = seek(testid)[nth];
    if (found === undefined) throw new Error(`nothing is drawn as ${testid}`);
    return found as T;
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise((done) => setTimeout(done, 5));
  };
  const press = async (testid: string, nth = 0): Promise<void> => {
    find(testid, nth).click();
    await settle();
  };
  const Shown = (): JSX.Element => draw(work, talk);
  render(
    <ServicesContext.Provider value={services}>
      <ToastsProvider value={toasts}>
        <Shown />
      </ToastsProvider>
    </ServicesContext.Provider>,
    root,
  );
  await settle();
  return {
    line,
    sharing,
    work,
    talk,
    toasts,
    root,
    find,
    all: seek,
    press,
    async choose(menu, item, nth = 0) {
      await press(menu, nth);
      await press(`${menu}-${item}`);
    },
    async type(testid, text) {
      const entry = find<HTMLInputElement>(testid);
      entry.value = text;
      entry.dispatchEvent(new Event('input', { bubbles: true }));
      await settle();
    },
    settle,
  };
}
