import { beforeEach, expect, it } from 'vitest';
import { Watchdog } from './watchdog.ts';

let dog: Watchdog;
const counts = (
  framesDecoded: number,
  packets = framesDecoded * 10,
  framesReceived = framesDecoded,
) => ({
  packets,
  framesReceived,
  framesDecoded,
  width: 1280,
  height: 720,
});

beforeEach(() => {
  dog = new Watchdog();
});

it('has nothing to say without a share', () => {
  expect(dog.follow('', 0)).toBe('none');
  expect(dog.judge(60_000)).toBe('none');
});

it('awaits the first frame for five seconds, then reports', () => {
  expect(dog.follow('s1', 0)).toBe('starting');
  expect(dog.judge(4900)).toBe('starting');
  expect(dog.judge(5000)).toBe('undecodable');
  expect(dog.observe(counts(1), 5500)).toBe('moving');
});

it('takes a still page for what it is', () => {
  dog.follow('s1', 0);
  for (let now = 0; now < 60_000; now += 1000) {
    // A sender report or a probe now and then, but no new picture.
    expect(dog.observe(counts(3, 40 + now / 1000), now)).toBe('moving');
  }
});

it('reports frames that arrive and cannot be decoded', () => {
  dog.follow('s1', 0);
  dog.observe(counts(5), 0);
  dog.observe(counts(5, 100, 20), 1000);
  dog.observe(counts(5, 150, 35), 2000);
  expect(dog.observe(counts(5, 200, 50), 3000)).toBe('undecodable');
  expect(dog.observe(counts(6, 250, 60), 4000)).toBe('moving');
});

it('reports packets that never become a frame', () => {
  dog.follow('s1', 0);
  dog.observe(counts(5, 50), 0);
  for (const now of [1000, 2000]) dog.observe(counts(5, 50 + now / 20, 5), now);
  expect(dog.observe(counts(5, 200, 5), 3000)).toBe('undecodable');
});

it('expects a new first frame from the next share', () => {
  dog.follow('s1', 0);
  dog.observe(counts(50), 1000);
  expect(dog.follow('s2', 2000)).toBe('starting');
  expect(dog.observe(counts(50), 3000)).toBe('starting');
  expect(dog.observe(counts(51), 4000)).toBe('moving');
});

it('begins anew with a new session, whose counters start at zero', () => {
  dog.follow('s1', 0);
  dog.observe(counts(500), 1000);
  dog.renew(2000);
  expect(dog.judge(2000)).toBe('starting');
  expect(dog.observe(counts(1), 3000)).toBe('moving');
});

it('reports a picture that stays black, and forgets it with the first light', () => {
  dog.follow('s1', 0);
  dog.observe(counts(1), 0);
  expect(dog.look(true, 1000)).toBe('moving');
  expect(dog.look(null, 2000)).toBe('moving');
  expect(dog.look(true, 4000)).toBe('black');
  expect(dog.look(false, 5000)).toBe('moving');
  expect(dog.look(true, 6000)).toBe('moving');
});
