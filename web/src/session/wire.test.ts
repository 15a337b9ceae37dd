import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ShapeError } from './shape.ts';
import { parse } from './wire.ts';

const folder = new URL('../../../shared/wire/testdata/', import.meta.url);
const golden = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => [file.replace(/\.json$/, ''), readFileSync(new URL(file, folder), 'utf8')]),
);
const fromRelay = [
  'room.state',
  'participant.joined',
  'participant.updated',
  'participant.left',
  'publication.started',
  'publication.updated',
  'publication.stopped',
  'room.heartbeat',
  'room.ended',
  'error',
];

describe('messages of the relay', () => {
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
    [
      'a share without an owner',
      '{"type":"publication.started","publication":{"id":"s"},"current":"s"}',
    ],
  ])('refuses %s', (_, frame) => {
    expect(() => parse(frame)).toThrow(ShapeError);
  });
});

describe('messages to the relay', () => {
  it.each([
    ['hello', { type: 'hello', token: 'eyJhbGciOiJFZERTQSJ9.e30.c2ln' }],
    ['room.heartbeat', { type: 'room.heartbeat' }],
    ['view.select', { type: 'view.select', publication: 's-7Kq1' }],
  ])('%s has the golden shape', (type, message) => {
    expect(message).toEqual(JSON.parse(golden.get(type) ?? ''));
  });
});
