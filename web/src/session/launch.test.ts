import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isOlder, Launch } from './launch.ts';
import type { LaunchState } from './launchapi.ts';
import { Problem } from './problem.ts';
import { systemTimers } from './timers.ts';

const code = 'abcdefghijklmnopqrstuv_-';
const address = `coopnet://join/${code}`;
const waiting: LaunchState = { status: 'waiting', version: '' };
const begin = vi.fn<() => Promise<string>>();
const look = vi.fn<(code: string) => Promise<LaunchState>>();
let launch: Launch;

beforeEach(() => {
  vi.useFakeTimers();
  begin.mockReset().mockResolvedValue(code);
  look.mockReset().mockResolvedValue(waiting);
  launch = new Launch({ api: { begin, look }, timers: systemTimers });
});
afterEach(() => {
  launch.close();
  vi.useRealTimers();
});

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

it('fetches a code, and waits until the software has taken it', async () => {
  const begun = launch.begin();
  expect(launch.state.value).toEqual({ phase: 'asking' });
  expect(await begun).toBe(address);
  expect(launch.state.value).toEqual({ phase: 'ready', address });
  launch.opened();
  await pass(2500);
  expect(launch.state.value).toEqual({ phase: 'opened', late: false });
  expect(look).toHaveBeenCalledTimes(2);
  look.mockResolvedValue({ status: 'redeemed', version: '1.4.0' });
  await pass(1000);
  expect(launch.state.value).toEqual({ phase: 'started', version: '1.4.0' });
  await pass(60_000);
  expect(look).toHaveBeenCalledTimes(3);
});

it('finds after eight seconds that nothing has come, and still waits', async () => {
  await launch.begin();
  await pass(20_000);
  // Nobody has opened it: that it does not come is no wonder.
  expect(launch.state.value.phase).toBe('ready');
  launch.opened();
  await pass(7900);
  expect(launch.state.value).toMatchObject({ phase: 'opened', late: false });
  await pass(200);
  expect(launch.state.value).toEqual({ phase: 'opened', late: true });
  look.mockResolvedValue({ status: 'redeemed', version: '' });
  await pass(3000);
  expect(launch.state.value).toEqual({ phase: 'started', version: '' });
});

it('asks less and less, and not for ever', async () => {
  await launch.begin();
  launch.opened();
  await pass(30_000);
  expect(look.mock.calls.length).toBeGreaterThan(27);
  look.mockClear();
  await pass(30_000);
  expect(look.mock.calls.length).toBeLessThan(12);
  await pass(300_000);
  expect(launch.state.value).toEqual({ phase: 'expired' });
  look.mockClear();
  await pass(60_000);
  expect(look).not.toHaveBeenCalled();
});

it('does not begin with a code that is nearly over', async () => {
  await launch.begin();
  await pass(239_000);
  expect(launch.state.value.phase).toBe('ready');
  await pass(5000);
  expect(launch.state.value).toEqual({ phase: 'expired' });
});

it('says which software is too old, and goes on once it is new enough', async () => {
  await launch.begin();
  launch.opened();
  look.mockResolvedValue({ status: 'waiting', version: '1.1.0' });
  await pass(1000);
  const old = launch.state.value;
  expect(old).toEqual({ phase: 'old', version: '1.1.0' });
  await pass(20_000);
  expect(launch.state.value).toBe(old);
  look.mockResolvedValue({ status: 'redeemed', version: '1.4.0' });
  await pass(1000);
  expect(launch.state.value).toEqual({ phase: 'started', version: '1.4.0' });
});

describe('who tries again', () => {
  const second = code.toUpperCase();
  const tryAgain = async () => {
    await launch.begin();
    launch.opened();
    begin.mockResolvedValue(second);
    expect(await launch.begin()).toBe(`coopnet://join/${second}`);
    launch.opened();
  };

  it('has another code, and is still answered by the first', async () => {
    await tryAgain();
    look.mockImplementation((asked) =>
      Promise.resolve(asked === code ? { status: 'redeemed', version: '1.4.0' } : waiting),
    );
    await pass(1000);
    expect(launch.state.value).toEqual({ phase: 'started', version: '1.4.0' });
    look.mockResolvedValue(waiting);
    await launch.begin();
    await pass(1000);
    expect(look.mock.calls.slice(2).flat()).toEqual([second]);
  });

  it('is not told what became of the first otherwise', async () => {
    await tryAgain();
    look.mockImplementation((asked) =>
      asked === code
        ? Promise.resolve({ status: 'expired', version: '1.1.0' })
        : Promise.resolve(waiting),
    );
    await pass(2000);
    expect(launch.state.value).toEqual({ phase: 'opened', late: false });
    expect(look.mock.calls.flat()).toEqual([second, code, second]);
  });

  it('is answered by three codes at most', async () => {
    for (const letter of 'abcde') {
      begin.mockResolvedValue(letter.repeat(22));
      await launch.begin();
    }
    await pass(1000);
    expect(look.mock.calls.flat().map((asked) => asked[0])).toEqual(['e', 'd', 'c']);
  });
});

it.each([
  ['expired', { status: 'expired', version: '' } as const],
  ['forgotten', new Problem('not-found', { status: 404 })],
])('begins anew with another code where one has %s', async (_, answer) => {
  await launch.begin();
  launch.opened();
  if (answer instanceof Problem) look.mockRejectedValueOnce(answer);
  else look.mockResolvedValueOnce(answer);
  await pass(1000);
  expect(launch.state.value).toEqual({ phase: 'expired' });
  begin.mockResolvedValue(code.toUpperCase());
  expect(await launch.begin()).toBe(`coopnet://join/${code.toUpperCase()}`);
  await pass(1000);
  expect(look).toHaveBeenLastCalledWith(code.toUpperCase());
});

it('goes on over a cut, and as slowly as the server wants', async () => {
  await launch.begin();
  launch.opened();
  look.mockRejectedValueOnce(new Problem('network'));
  look.mockRejectedValueOnce(new Problem('rate-limited', { retryAfter: 7 }));
  await pass(1000);
  await pass(2900);
  expect(look).toHaveBeenCalledTimes(1);
  await pass(200);
  expect(look).toHaveBeenCalledTimes(2);
  await pass(6800);
  expect(look).toHaveBeenCalledTimes(2);
  await pass(300);
  expect(look).toHaveBeenCalledTimes(3);
  expect(launch.state.value).toMatchObject({ phase: 'opened', late: true });
});

it('looks at once when somebody comes back to the page, one question at a time', async () => {
  launch.wake();
  expect(look).not.toHaveBeenCalled();
  await launch.begin();
  let answer: (state: LaunchState) => void = () => {};
  look.mockReturnValue(new Promise((done) => (answer = done)));
  launch.wake();
  launch.wake();
  await pass(5000);
  expect(look).toHaveBeenCalledTimes(1);
  answer({ status: 'redeemed', version: '2.0.0' });
  await pass(0);
  expect(launch.state.value.phase).toBe('started');
});

describe('there is no code', () => {
  it('where the portal refuses', async () => {
    begin.mockRejectedValue(new Problem('conference-denied'));
    expect(await launch.begin()).toBe(null);
    expect(launch.state.value).toMatchObject({
      phase: 'failed',
      problem: { code: 'conference-denied' },
    });
    begin.mockResolvedValue(code);
    expect(await launch.begin()).toBe(address);
  });

  it.each(['', 'short', `${code}/../x`, `${code} --option`, 'x'.repeat(65)])(
    'where it is %j: nothing but a code is ever handed to a program',
    async (odd) => {
      begin.mockResolvedValue(odd);
      expect(await launch.begin()).toBe(null);
      expect(launch.state.value).toMatchObject({
        phase: 'failed',
        problem: { code: 'unexpected' },
      });
    },
  );

  it('for who has gone meanwhile', async () => {
    const begun = launch.begin();
    launch.close();
    expect(await begun).toBe(null);
    expect(launch.state.value).toEqual({ phase: 'idle' });
    await pass(60_000);
    expect(look).not.toHaveBeenCalled();
  });
});

it.each([
  ['1.3.9', '1.4.0', true],
  ['1.4.0', '1.4.0', false],
  ['1.10.0', '1.9.9', false],
  ['2', '1.9', false],
  ['1', '1.0.1', true],
])('%s is older than %s: %s', (version, other, older) => {
  expect(isOlder(version, other)).toBe(older);
});
