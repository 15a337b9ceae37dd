import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rightsOf, drawsOn } from './rights.ts';
import { Stage } from './stage.ts';
import { roomState, ScriptedChannel } from './testing/channel.ts';
import { joinToken } from './testing/transports.ts';
import { systemTimers } from './timers.ts';
import { shareOnStage, type Participant, type Publication, type Stage as Shown } from './wire.ts';

let channel: ScriptedChannel;
let stage: Stage;
const stopSharing = vi.fn();

const share = (id: string, participant = 'ada'): Publication => ({
  id,
  participant,
  name: participant,
  label: id,
  video: 'VP9',
  audio: '',
  startedAt: '',
  interrupted: false,
  low: false,
  control: false,
  controller: '',
});
const person = (id: string): Participant => ({
  id,
  name: `Ms ${id}`,
  role: 'internal',
  status: '',
  statusAt: '',
  joinedAt: '',
  presents: true,
  muted: false,
});
const board: Shown = { ...shareOnStage(''), kind: 'board' };
const page = (number: number): Shown => ({
  ...board,
  kind: 'document',
  id: 'doc',
  name: 'Offer.pdf',
  page: number,
  pages: 9,
});
const shown = (what: Shown) => ({ type: 'stage.shown', stage: what }) as const;

beforeEach(() => {
  vi.useFakeTimers();
  stopSharing.mockClear();
  channel = new ScriptedChannel();
  stage = new Stage({ channel, timers: systemTimers, stopSharing });
  const shares = { publications: [share('s1'), share('s2')], current: 's2' };
  const participants = [person('me'), person('ada'), person('bob')];
  channel.say(roomState({ ...shares, participants, stage: shareOnStage('s2') }));
});
afterEach(() => {
  stage.close();
  vi.useRealTimers();
});

describe('what is shown', () => {
  it('is what the conference shows', () => {
    expect([stage.kind.value, stage.surface.value]).toEqual(['share', 'share/s2']);
    channel.say(shown(board));
    expect([stage.kind.value, stage.surface.value]).toEqual(['board', 'board']);
    channel.say(shown(page(3)));
    expect([stage.kind.value, stage.surface.value]).toEqual(['document', 'page/doc/3']);
    expect(stage.following.value).toBe(true);
  });

  it('is what its person picked, until they follow again', () => {
    stage.pick('board');
    expect(stage.following.value).toBe(false);
    channel.say(shown(page(1)));
    expect(stage.kind.value).toBe('board');
    stage.follow();
    expect([stage.kind.value, stage.following.value]).toEqual(['document', true]);
    stage.watch('s1');
    expect(stage.surface.value).toBe('share/s1');
    channel.say(shown(page(2)));
    expect(stage.surface.value).toBe('share/s1');
    stage.follow();
    expect(stage.surface.value).toBe('page/doc/2');
    expect(channel.sent.at(-1)).toEqual({ type: 'view.select', publication: '' });
  });

  it('follows again by itself when the conference comes to where somebody already is', () => {
    stage.pick('board');
    channel.say(shown(board));
    expect(stage.following.value).toBe(true);
    channel.say(shown(shareOnStage('s2')));
    expect(stage.kind.value).toBe('share');
  });

  it('does not follow from a pinned share to another one', () => {
    stage.watch('s1');
    channel.say(shown(shareOnStage('s2')));
    expect([stage.surface.value, stage.following.value]).toEqual(['share/s1', false]);
    channel.say({ type: 'publication.stopped', id: 's1', current: 's2' });
    expect([stage.surface.value, stage.following.value]).toEqual(['share/s2', true]);
  });

  it('remembers the document that was left', () => {
    channel.say(shown(page(4)), shown(board));
    stage.pick('document');
    expect(stage.surface.value).toBe('page/doc/4');
    channel.say(shown(page(5)));
    expect(stage.surface.value).toBe('page/doc/5');
  });

  it('is shown to all in one go, which ends an own pick', () => {
    stage.pick('board');
    expect(stage.show({ kind: 'share', id: 's1' })).toBe(true);
    expect(channel.took('stage.show')).toEqual([
      { type: 'stage.show', kind: 'share', id: 's1', name: '', page: 0, pages: 0 },
    ]);
    expect(stage.following.value).toBe(true);
    channel.drop();
    expect(stage.show({ kind: 'board', id: '' })).toBe(false);
  });
});

describe('handing over', () => {
  const answer = () => stage.handover.offering.value?.answer;

  it('ends the own share when the other one starts', () => {
    stage.offer('bob');
    expect(channel.took('stage.offer')).toEqual([{ type: 'stage.offer', participant: 'bob' }]);
    channel.say({ type: 'publication.started', publication: share('s3', 'ada'), current: 's3' });
    expect(stopSharing).not.toHaveBeenCalled();
    channel.say({ type: 'publication.started', publication: share('s4', 'bob'), current: 's4' });
    expect(stopSharing).toHaveBeenCalledTimes(1);
    expect(stage.handover.offering.value).toMatchObject({ name: 'Ms bob', answer: 'taken' });
    channel.say({ type: 'publication.started', publication: share('s5', 'bob'), current: 's5' });
    expect(stopSharing).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(15_000);
    expect(answer()).toBe(undefined);
  });

  it('hears a no, a refusal, a silence and a leaving', async () => {
    stage.offer('bob');
    channel.say({ type: 'stage.declined', participant: 'ada', name: 'Ada' });
    expect(answer()).toBe('waiting');
    channel.say({ type: 'stage.declined', participant: 'bob', name: 'Bob' });
    expect(answer()).toBe('declined');
    channel.say({ type: 'publication.started', publication: share('s4', 'bob'), current: 's4' });
    expect(stopSharing).not.toHaveBeenCalled();
    stage.offer('ada');
    channel.say({ type: 'error', code: 'forbidden', detail: '', re: 'stage.offer', key: '' });
    expect(answer()).toBe('refused');
    stage.offer('ada');
    await vi.advanceTimersByTimeAsync(90_000);
    expect(answer()).toBe('unanswered');
    stage.offer('bob');
    channel.say({ type: 'participant.left', id: 'bob' });
    expect(answer()).toBe('unanswered');
  });

  it('asks who is offered, for a minute, and lets them say no', async () => {
    const offered = { type: 'stage.offered', participant: 'ada', name: 'Ada' } as const;
    channel.say(offered);
    expect(stage.handover.offered.value?.name).toBe('Ada');
    stage.handover.decline();
    expect(channel.took('stage.decline')).toEqual([{ type: 'stage.decline', participant: 'ada' }]);
    expect(stage.handover.offered.value).toBe(null);
    channel.say(offered);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stage.handover.offered.value).toBe(null);
    // After a reconnection the relay tells an offer that waits once more.
    channel.say(offered, roomState());
    expect(stage.handover.offered.value).toBe(null);
    channel.say(offered, {
      type: 'publication.started',
      publication: share('s9', 'me'),
      current: 's9',
    });
    expect(stage.handover.offered.value).toBe(null);
  });

  const anew = (...publications: Publication[]) =>
    channel.say(roomState({ publications, participants: [person('me'), person('bob')] }));

  it('finds out after a reconnection what became of an offer', () => {
    const others = [share('s1'), share('b1', 'bob')];
    anew(...others);
    for (const [comes, heard] of [
      [() => anew(...others, share('b2', 'bob')), 'taken'],
      [() => channel.say(roomState()), 'unanswered'],
      [
        () => {
          anew(...others);
          channel.say({ type: 'stage.declined', participant: 'bob', name: 'Bob' });
        },
        'declined',
      ],
      [() => anew(...others), 'waiting'],
    ] as const) {
      anew(...others);
      stage.offer('bob');
      channel.drop();
      channel.took('stage.offer');
      comes();
      expect(answer()).toBe(heard);
      vi.advanceTimersByTime(1000);
      // Only what nobody knows of is told again.
      expect(channel.took('stage.offer')).toHaveLength(heard === 'waiting' ? 1 : 0);
    }
    expect(stopSharing).toHaveBeenCalledTimes(1);
  });

  it('keeps an offer that was made without a channel for the next one', () => {
    channel.drop();
    stage.offer('bob');
    expect(answer()).toBe('waiting');
    anew();
    vi.advanceTimersByTime(1000);
    expect(channel.took('stage.offer')).toEqual([{ type: 'stage.offer', participant: 'bob' }]);
  });

  it('takes no answer of before for one to what was offered without a channel', () => {
    const declined = { type: 'stage.declined', participant: 'bob', name: 'Bob' } as const;
    stage.offer('bob');
    channel.say(declined);
    channel.drop();
    stage.offer('bob');
    channel.took('stage.offer');
    anew();
    channel.say(declined);
    expect(answer()).toBe('waiting');
    vi.advanceTimersByTime(1000);
    expect(channel.took('stage.offer')).toHaveLength(1);
    anew();
    channel.say(declined);
    expect(answer()).toBe('declined');
  });

  it('asks once, though the answer was lost with the connection', () => {
    const offered = { type: 'stage.offered', participant: 'bob', name: 'Bob' } as const;
    for (const no of [true, false]) {
      channel.say(offered);
      channel.drop();
      if (no) stage.handover.decline();
      else stage.handover.accept();
      channel.took('stage.decline');
      anew();
      channel.say(offered);
      expect(stage.handover.offered.value).toBe(null);
      expect(channel.took('stage.decline')).toHaveLength(no ? 1 : 0);
      vi.advanceTimersByTime(1000);
      // What is offered anew is asked.
      channel.say(offered);
      expect(stage.handover.offered.value?.name).toBe('Bob');
    }
  });
});

it('knows what the signed permissions allow', () => {
  const guest = joinToken(1, ['view', 'chat', 'annotate']);
  expect(rightsOf(guest)).toEqual({ points: true, presents: false, drawsOver: false });
  expect(drawsOn('board', rightsOf(guest))).toBe(true);
  expect(drawsOn('share/s1', rightsOf(guest))).toBe(false);
  const colleague = joinToken(1, ['view', 'share', 'annotate']);
  colleague.participant.role = 'internal';
  expect(rightsOf(colleague)).toEqual({ points: true, presents: true, drawsOver: true });
  expect(drawsOn('page/d/1', rightsOf(colleague))).toBe(true);
  expect(rightsOf(joinToken(1, ['view']))).toEqual({
    points: false,
    presents: false,
    drawsOver: false,
  });
});
