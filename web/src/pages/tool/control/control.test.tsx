// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { self, someone } from '../../../session/testing/line.ts';
import { desk } from '../../../session/testing/remote.ts';
import { en } from '../../../text/remote/en.ts';
import type { Publication } from '../../../session/wire.ts';
import { Bench } from '../board/bench.ts';
import { drawRoom, type DrawnRoom } from '../testing/room.tsx';
import { AskControl, Controlled } from './ask.tsx';
import { ControlStrip } from './strip.tsx';
import { ControlSurface } from './surface.tsx';

const people = [
  someone(self, { name: 'Me' }),
  someone('ada', { name: 'Ada' }),
  someone('bob', { name: 'Bob' }),
];
const bench = new Bench(null);
let room: DrawnRoom;

beforeEach(async () => {
  room = await drawRoom((work) => (
    <>
      <ControlStrip work={work} bench={bench} />
      <ControlSurface work={work} bench={bench} />
      {work.attendance.control.room.value?.publications.map((share: Publication) => (
        <div key={share.id}>
          <Controlled work={work} share={share} />
          <AskControl work={work} share={share} />
        </div>
      ))}
    </>
  ));
});
afterEach(() => {
  room.work.close();
  document.body.replaceChildren();
});

async function join(role: 'guest' | 'internal', more: object = {}): Promise<void> {
  room.line.allow('view', 'control');
  const grant = room.line.grant.value;
  if (grant !== null)
    room.line.grant.value = { ...grant, participant: { ...grant.participant, role } };
  room.line.join(people, { current: 's1', publications: [{ ...desk, ...more }] });
  await room.settle();
}

async function control(): Promise<void> {
  await join('internal');
  await room.press('ask-control');
  const key = room.line.of('control.request').at(-1)?.key;
  room.line.say({
    type: 'control.grant',
    request: 'q1',
    key,
    grant: 'g1',
    publication: 's1',
    participant: self,
    name: 'Me',
    expiresAt: '2026-11-24T11:00:00Z',
  });
  room.line.say({
    type: 'publication.updated',
    publication: { ...desk, controller: self },
  });
  await room.settle();
}

const said = () => room.find('remote-said').textContent;
const events = () => room.line.of('control.input').flatMap((message) => message.events);

async function strike(type: 'keydown' | 'keyup', init: KeyboardEventInit): Promise<KeyboardEvent> {
  const event = new KeyboardEvent(type, { bubbles: true, cancelable: true, ...init });
  room.find('remote-field').dispatchEvent(event);
  await new Promise((done) => setTimeout(done, 40));
  return event;
}

it('is offered to who may ask, never to a guest', async () => {
  await join('guest');
  expect(room.all('ask-control')).toEqual([]);
  await join('internal', { control: false });
  expect(room.all('ask-control')).toEqual([]);
  await join('internal', { participant: self });
  expect(room.all('ask-control')).toEqual([]);
  await join('internal');
  expect(room.find('ask-control').getAttribute('aria-label')).toContain('Ada');
  expect(room.find('remote').dataset['shown']).toBe('false');
});

it('waits for the answer, and can be given up', async () => {
  await join('internal');
  await room.press('ask-control');
  expect(room.line.of('control.request')[0]).toMatchObject({ publication: 's1', token: 'signed' });
  expect(said()).toContain('Ada');
  expect(room.find('remote-said').getAttribute('role')).toBe('status');
  await room.press('remote-cancel');
  expect(room.line.sent.at(-1)?.type).toBe('control.withdraw');
  expect(said()).toBe('');
  expect(room.find('ask-control')).toBeTruthy();
});

it('says a no, and why it has ended', async () => {
  await join('internal');
  await room.press('ask-control');
  const request = room.line.of('control.request').at(-1);
  const no = { type: 'control.deny', request: 'q1', key: request?.key, publication: 's1' };
  room.line.say({ ...no, reason: 'denied' });
  await room.settle();
  expect(room.toasts.said.value.at(-1)?.text).toContain('does not want');
  await control();
  room.line.say({ type: 'control.revoke', grant: 'g1', reason: 'stopped' });
  await room.settle();
  expect(room.toasts.said.value.at(-1)?.text).toContain('has ended your control');
  expect(room.all('remote-surface')).toEqual([]);
});

describe('who controls', () => {
  beforeEach(control);

  it('sees whose desktop it is, and stops with a button', async () => {
    expect(said()).toContain('You control the desktop of');
    expect(room.find('controlled').textContent).toBe(en['by.you']);
    expect(document.activeElement).toBe(room.find('remote-field'));
    expect(room.find('remote-field').getAttribute('aria-label')).toContain(en['key.stop']);
    await room.press('remote-stop');
    expect(room.line.sent.at(-1)).toEqual({ type: 'control.revoke', grant: 'g1' });
    expect(room.all('remote-surface')).toEqual([]);
  });

  it('leaves the picture with a key, and comes back with a button', async () => {
    expect(room.all('remote-back')).toEqual([]);
    await strike('keydown', { key: 'Enter', code: 'Enter' });
    await strike('keydown', { key: 'F11', code: 'F11', ctrlKey: true, shiftKey: true });
    await room.settle();
    expect(document.activeElement).not.toBe(room.find('remote-field'));
    expect(events().at(-1)).toEqual({ kind: 'keyup', code: 'Enter' });
    expect(room.find('remote').textContent).toContain(en['strip.focus']);
    await room.press('remote-back');
    expect(document.activeElement).toBe(room.find('remote-field'));
    expect(room.find('remote').textContent).not.toContain(en['strip.focus']);
  });

  it('stops with a key', async () => {
    const pressed = await strike('keydown', {
      key: 'F12',
      code: 'F12',
      ctrlKey: true,
      shiftKey: true,
    });
    expect(pressed.defaultPrevented).toBe(true);
    expect(room.line.sent.at(-1)).toEqual({ type: 'control.revoke', grant: 'g1' });
  });

  it('types: keys by their place, characters as they come out of the field', async () => {
    expect((await strike('keydown', { key: 'Enter', code: 'Enter' })).defaultPrevented).toBe(true);
    await strike('keyup', { key: 'Enter', code: 'Enter' });
    expect((await strike('keydown', { key: 'a', code: 'KeyQ' })).defaultPrevented).toBe(false);
    await room.type('remote-field', 'é');
    expect(room.find<HTMLTextAreaElement>('remote-field').value).toBe('');
    await new Promise((done) => setTimeout(done, 40));
    expect(events()).toEqual([
      { kind: 'keydown', code: 'Enter' },
      { kind: 'keyup', code: 'Enter' },
      { kind: 'text', text: 'é' },
    ]);
  });

  it('sends a composition once it is done', async () => {
    const field = room.find<HTMLTextAreaElement>('remote-field');
    field.value = 'に';
    field.dispatchEvent(new InputEvent('input', { isComposing: true }));
    expect(field.value).toBe('に');
    field.value = '日';
    field.dispatchEvent(new CompositionEvent('compositionend', { data: '日' }));
    field.dispatchEvent(new InputEvent('input', { isComposing: false }));
    await new Promise((done) => setTimeout(done, 40));
    expect(events()).toEqual([{ kind: 'text', text: '日' }]);
  });

  it('keeps the page’s own keys and the other’s apart', async () => {
    let heard = 0;
    const listen = () => heard++;
    document.addEventListener('keydown', listen);
    await strike('keydown', { key: 'Escape', code: 'Escape' });
    document.removeEventListener('keydown', listen);
    expect(heard).toBe(0);
    expect(events()).toEqual([{ kind: 'keydown', code: 'Escape' }]);
    window.dispatchEvent(new Event('blur'));
    expect(events().at(-1)).toEqual({ kind: 'keyup', code: 'Escape' });
  });

  it('says what went wrong, and goes on', async () => {
    const limited = { type: 'error', code: 'rate-limited', detail: '', key: '' };
    room.line.say({ ...limited, re: 'control.input' });
    await room.settle();
    expect(room.toasts.said.value.at(-1)?.text).toContain('has not arrived');
    await room.type('remote-field', 'x'.repeat(70_000));
    await room.settle();
    expect(room.toasts.said.value.at(-1)?.text).toBe(en['input.long']);
    expect(room.find('remote-surface')).toBeTruthy();
  });

  it('looks at something else, and comes back', async () => {
    room.work.stage.pick('board');
    await room.settle();
    expect(room.all('remote-surface')).toEqual([]);
    await room.press('remote-back');
    expect(room.find('remote-surface')).toBeTruthy();
  });
});

it('is seen by the others, and ended by who shares', async () => {
  await join('internal', { controller: 'bob' });
  expect(room.all('ask-control')).toEqual([]);
  expect(said()).toContain('Bob');
  expect(room.find('controlled').textContent).toContain('Bob');
  await join('internal', { participant: self, controller: 'bob' });
  expect(said()).toContain('your desktop');
  expect(room.all('remote-end')).toEqual([]);
  room.line.say({
    type: 'control.grant',
    request: 'q1',
    grant: 'g2',
    publication: 's1',
    participant: 'bob',
    name: 'Bob',
    expiresAt: '2026-11-24T11:00:00Z',
  });
  await room.settle();
  await room.press('remote-end');
  expect(room.line.sent.at(-1)).toEqual({ type: 'control.revoke', grant: 'g2' });
});
