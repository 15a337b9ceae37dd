/** The software on a presenter's desktop: what it shows there, what the others see, and who may move something. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launch, open } from './chromium.ts';
import { rectOf } from './easel.ts';
import type { Conference } from './harness.ts';
import { legibleAfter, steadyPicture, untilSeen } from './measure.ts';
import { bond } from './portal.ts';
import { launchAddress } from './software.ts';
import { Stage, type Attendee } from './stage.ts';
import { describe as words } from './verdict.ts';
import { pause, until } from './wait.ts';
import { unexpected } from './watch.ts';
import { Workstation, type Editor } from './workstation.ts';

const tag = 1401;
let stage: Stage;
let conference: Conference;
let desk: Workstation;
let editor: Editor;
let ada: Attendee;
let guest: Attendee;
let colleague: Attendee;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'From the desktop', permissions: { guestShare: 'software' } });
  desk = await Workstation.open(stage.server.origin, 1280, 1000);
  guest = await stage.guest(conference);
  [ada, colleague] = await Promise.all([
    stage.colleague(conference, 'Ada Presenter'),
    stage.colleague(conference, 'Grace Hopper'),
  ]);
  for (const someone of [guest, colleague]) {
    await someone.portal.submit();
    await someone.portal.state('waiting');
  }
});

afterAll(async () => {
  desk?.close();
  await stage?.close();
});
afterEach(() => expect(unexpected()).toEqual([]));

/** The software starts as from Ada's page, and shares what is chosen with these keys. */
async function share(...keys: string[]): Promise<void> {
  desk.start(await launchAddress(ada.page));
  await desk.press('Share in', 'Return');
  await desk.press('Choose what to share', ...keys, 'Return');
  await desk.window('You are sharing');
}

test('a screen: fresh and sharp', async () => {
  const browser = await launch({ screen: desk.screen, args: ['--window-position=0,0', '--window-size=1280,807'] });
  try {
    const address = stage.site.pattern({ title: 'Pattern', tag });
    const pattern = await open(await browser.newContext({ viewport: null }), 'the pattern', address);
    await share('Home', 'Tab', 'space');
    const seen = await untilSeen(guest.page, 'the pattern', 10_000, (sample) => sample.tag === tag);
    expect([seen.width, seen.height]).toEqual([desk.screen.width, desk.screen.height]);
    const steady = await steadyPicture(guest.page, 3000, { tag, moving: 1000, latency: 1000 });
    console.log(`software, ${words(steady)}`);
    expect(steady.faults).toEqual([]);
    await legibleAfter(guest.page, pattern, 1, 10_000);
  } finally {
    await browser.close();
  }
});

test('a colleague helps, as far as is permitted', async () => {
  editor = await desk.editor();
  const { page, portal } = colleague;
  const grant = new Promise<string>((given) => {
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        const message = JSON.parse(String(payload)) as { type: string; grant: string };
        if (message.type === 'control.grant') given(message.grant);
      }),
    );
  });
  await page.reload();
  await portal.state('live');
  await portal.hand.click('ask-control');
  // Refusing is what Enter does.
  await desk.press('asks to control', 'Tab', 'Return');
  await portal.reach('remote-surface');
  await desk.window('controls this computer');
  const surface = await rectOf(page, 'remote-surface');
  const at = (x: number, y: number): [number, number] => [
    surface.x + (surface.width * x) / desk.screen.width,
    surface.y + (surface.height * y) / desk.screen.height,
  ];
  await page.mouse.click(...at(200, 100));
  await page.keyboard.type('Déjà vu, où ça ? « Œuvre » 12 €');
  await page.keyboard.press('Control+s');
  await until('what was typed is saved', 15_000, () => editor.saved().includes('Déjà vu, où ça ? « Œuvre » 12 €'));

  // A guest who knows even the grant moves nothing.
  const before = desk.pointer();
  const mallory = await stage.guest(conference, { ...bond, name: 'Mallory' });
  const refused = await mallory.page.evaluate(forge, await grant);
  expect(refused).toBe('control-denied,control-denied');
  expect(desk.pointer()).toBe(before);

  // The button stops it, whatever the colleague does.
  let moving = true;
  const moved = (async () => {
    for (let i = 0; moving; i++) await page.mouse.move(...at(300 + (i % 200), 300));
  })();
  await until('the pointer moves', 5000, () => desk.pointer() !== before);
  await desk.stop('controls this computer');
  await pause(200);
  const stopped = desk.pointer();
  await pause(500);
  expect(desk.pointer()).toBe(stopped);
  moving = false;
  await moved;
  await page.getByTestId('remote-surface').waitFor({ state: 'detached', timeout: 2000 });
});

test('one window, until it is closed', async () => {
  await desk.stop('You are sharing');
  await guest.portal.state('waiting');
  await share('End');
  await guest.portal.state('live');
  const [width, height] = desk.size(await desk.window('Editor'));
  await untilSeen(guest.page, 'the window alone', 10_000, (sample) =>
    Math.abs(sample.width - width) < 2 && Math.abs(sample.height - height) < 2,
  );
  editor.close();
  await guest.portal.state('waiting');
  await desk.press('Coopnet', 'Return');
});

/** Runs in a guest's page: asks for control, and pretends to have it; gives what the relay says. */
async function forge(grant: string): Promise<string> {
  const answer = await fetch('/api/v1/join-tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mode: 'browser' }),
  });
  const { token, relay } = (await answer.json()) as { token: string; relay: { control: string } };
  return new Promise((done) => {
    const socket = new WebSocket(relay.control, 'coopnet.control.v1');
    const said: string[] = [];
    const say = (message: object): void => socket.send(JSON.stringify(message));
    socket.onopen = () => say({ type: 'hello', token });
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as { type: string; code?: string; publications?: { id: string }[] };
      if (message.type === 'room.state') {
        const publication = message.publications![0]!.id;
        say({ type: 'control.request', key: 'k', publication, token });
        say({ type: 'control.input', grant, events: [{ kind: 'move', x: 0.9, y: 0.9 }] });
      }
      if (message.type !== 'error') return;
      said.push(message.code ?? '');
      if (said.length < 2) return;
      socket.close();
      done(said.join());
    };
  });
}
