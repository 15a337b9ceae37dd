import { effect } from '@preact/signals-core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Notices, type Notice } from './notices.ts';
import { ScriptedLine, self, someone } from './testing/line.ts';
import { systemTimers } from './timers.ts';

let line: ScriptedLine;
let notices: Notices;
let said: (readonly Notice[])[];

beforeEach(() => {
  vi.useFakeTimers();
  line = new ScriptedLine();
  notices = new Notices(line, systemTimers);
  said = [];
  effect(() => {
    if (notices.said.value.length > 0) said.push(notices.said.value);
  });
});
afterEach(() => {
  notices.close();
  vi.useRealTimers();
});

function write(text: string, more: object = {}): void {
  const message = {
    id: text,
    key: text,
    participant: 'ann',
    name: 'Ann',
    role: 'guest',
    to: '',
    toName: '',
    text,
    replyTo: '',
    question: false,
    answered: false,
    sentAt: '',
    ...more,
  };
  line.say({ type: 'chat.message', message });
}

function open(id: string): void {
  const poll = {
    id,
    key: id,
    participant: 'ann',
    name: 'Ann',
    question: 'Where?',
    options: [],
    multiple: false,
    secret: false,
    open: true,
    hidden: false,
    voters: 0,
    own: [],
    openedAt: '',
  };
  line.say({ type: 'poll.updated', poll });
}

it('says what comes, but not all the time', () => {
  line.join();
  write('one');
  vi.advanceTimersByTime(500);
  write('two');
  write('three', { to: self });
  vi.advanceTimersByTime(4900);
  write('four', { question: true });
  vi.advanceTimersByTime(100);
  expect(said.map((batch) => batch.map(({ kind, text }) => `${kind} ${text}`))).toEqual([
    ['message one'],
    ['message two', 'private three', 'question four'],
  ]);
});

it('says nothing of what this participant does, nor of the past', () => {
  line.join();
  open('old');
  write('own', { participant: self });
  vi.advanceTimersByTime(6000);
  open('old');
  expect(said).toEqual([]);
  open('new');
  vi.advanceTimersByTime(500);
  expect(said).toEqual([[{ kind: 'poll', name: 'Ann', text: 'Where?' }]]);
});

it('tells who presents of raised hands, once each', () => {
  const raise = () =>
    line.say({
      type: 'participant.updated',
      participant: someone('ann', { name: 'Ann', status: 'hand' }),
    });
  line.join([someone(self), someone('ann')]);
  raise();
  vi.advanceTimersByTime(6000);
  expect(said).toEqual([]);
  line.join([someone(self, { presents: true }), someone('ann')]);
  raise();
  raise();
  vi.advanceTimersByTime(500);
  expect(said).toEqual([[{ kind: 'hand', name: 'Ann', text: '' }]]);
});
