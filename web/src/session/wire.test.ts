import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ShapeError } from './shape.ts';
import { parse, type ToRelay } from './wire.ts';

const folder = new URL('../../../shared/wire/testdata/', import.meta.url);
const filesOf = (at: URL) =>
  new Map(
    readdirSync(at)
      .filter((file) => file.endsWith('.json'))
      .map((file) => [file.replace(/\.json$/, ''), readFileSync(new URL(file, at), 'utf8')]),
  );
const golden = filesOf(folder);
/** Messages of the relay whose type is sent to it too, with other members. */
const down = filesOf(new URL('down/', folder));
const toRelay: ToRelay[] = [
  { type: 'hello', token: 'eyJhbGciOiJFZERTQSJ9.e30.c2ln' },
  { type: 'room.heartbeat' },
  { type: 'view.select', publication: 's-7Kq1' },
  { type: 'status.set', status: 'hand' },
  { type: 'moderate.remove', participant: 'p-4Zr0' },
  { type: 'moderate.hand', participant: 'p-9Ab2' },
  { type: 'moderate.lock', locked: true },
  { type: 'moderate.mute', participant: 'p-4Zr0', muted: true },
  {
    type: 'chat.send',
    key: 'k-1',
    text: 'Does the offer include support?',
    to: '',
    replyTo: '',
    question: true,
  },
  { type: 'chat.delete', id: 'm-3Fh6' },
  { type: 'chat.answer', id: 'm-3Fh6', answered: true },
  {
    type: 'poll.open',
    key: 'k-2',
    question: 'Shall we meet again in May?',
    options: ['Yes', 'No'],
    multiple: false,
    secret: false,
  },
  { type: 'poll.vote', poll: 'v-8Sd4', options: [0] },
  { type: 'poll.close', poll: 'v-8Sd4' },
  { type: 'poll.delete', poll: 'v-8Sd4' },
  {
    type: 'board.draw',
    surface: 'board',
    shape: {
      key: 'k-3',
      tool: 'pen',
      colour: '#1f6feb',
      width: 4,
      points: [1200, 3400, 1260, 3380, 1330, 3410],
      text: '',
    },
  },
  { type: 'board.erase', surface: 'board', shapes: ['d-2Vn7'] },
  { type: 'board.clear', surface: 'share/s-7Kq1' },
  { type: 'pointer.move', surface: 'share/s-7Kq1', x: 4200, y: 1850 },
  { type: 'pointer.hide' },
  {
    type: 'stage.show',
    kind: 'document',
    id: 'd0c-6Wm3',
    name: 'Offer.pdf',
    page: 2,
    pages: 14,
  },
  { type: 'stage.offer', participant: 'p-6Jp5' },
  { type: 'stage.decline', participant: 'p-9Ab2' },
  { type: 'document.changed' },
  {
    type: 'control.request',
    key: 'k-4',
    publication: 's-7Kq1',
    token: 'eyJhbGciOiJFZERTQSJ9.e30.c2ln',
  },
  { type: 'control.withdraw', key: 'k-4' },
  {
    type: 'control.input',
    grant: 'g-1Lc7',
    events: [
      { kind: 'move', x: 0.25, y: 0.5 },
      { kind: 'down', x: 0.25, y: 0.5 },
      { kind: 'wheel', x: 0.25, y: 0.5, dy: -1 },
      { kind: 'keydown', code: 'ShiftLeft' },
      { kind: 'text', text: 'é' },
    ],
  },
  { type: 'control.revoke', grant: 'g-1Lc7' },
];
/** What the software alone sends, and hears. */
const software = ['control.grant', 'control.deny'];
const toSoftware = ['control.request', 'control.input'];
/** Sent in both directions. */
const both = ['room.heartbeat', 'document.changed'];
const sent = new Set<string>(
  toRelay.map(({ type }) => type).filter((type) => !both.includes(type)),
);
const fromRelay = [...golden.keys()].filter((type) => !sent.has(type) && !software.includes(type));

describe('messages of the relay', () => {
  it.each([...down.keys()])('reads the golden %s, which is another one on its way down', (type) => {
    const frame = down.get(type) ?? '';
    expect(parse(frame)).toEqual(toSoftware.includes(type) ? null : JSON.parse(frame));
  });

  it.each(fromRelay)('reads the golden %s without losing anything', (type) => {
    const frame = golden.get(type) ?? '';
    expect(parse(frame)).toEqual(JSON.parse(frame));
  });

  it('passes over a type that it does not know', () => {
    expect(parse('{"type":"weather.changed","sun":true}')).toBeNull();
  });

  it.each([
    ['no JSON', 'hello'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no type', '{}'],
    ['a type that is no text', '{"type":1}'],
    [
      'a room without participants',
      '{"type":"room.state","conference":"c","self":"p","current":"","selected":"","publications":[]}',
    ],
    [
      'an unknown role',
      '{"type":"participant.joined","participant":{"id":"p","name":"n","role":"king","status":"","joinedAt":""}}',
    ],
    ['an empty id', '{"type":"participant.left","id":""}'],
    ['an unknown ending', '{"type":"room.ended","reason":"bored"}'],
    ['a message without a sender', '{"type":"chat.message","message":{"id":"m","text":""}}'],
    [
      'a shape with half a point',
      '{"type":"board.history","surface":"board","shapes":[{"id":"d","participant":"p","name":"","tool":"pen","colour":"","width":1,"points":[0.5]}]}',
    ],
    ['an unknown end of control', '{"type":"control.revoke","grant":"g","reason":"bored"}'],
    ['a grant of nothing', '{"type":"control.grant","request":"q","grant":""}'],
    ['an unknown stage', '{"type":"stage.shown","stage":{"kind":"circus"}}'],
    [
      'a share without an owner',
      '{"type":"publication.started","publication":{"id":"s"},"current":"s"}',
    ],
  ])('refuses %s', (_, frame) => {
    expect(() => parse(frame)).toThrow(ShapeError);
  });
});

it('takes a room of a relay from before the stage', () => {
  const { stage: _, ...before } = JSON.parse(golden.get('room.state') ?? '') as { stage: object };
  const message = parse(JSON.stringify(before));
  expect(message).toMatchObject({ stage: { kind: 'share', id: 's-7Kq1', page: 0 } });
});

describe('messages to the relay', () => {
  it.each(toRelay.map((message) => [message.type, message] as const))(
    '%s has the golden shape',
    (type, message) => {
      expect(message).toEqual(JSON.parse(golden.get(type) ?? ''));
    },
  );

  it('are none of the relay', () => {
    for (const type of sent) {
      if (!down.has(type)) expect(parse(golden.get(type) ?? '')).toBeNull();
    }
  });
});
