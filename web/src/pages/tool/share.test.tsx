// @vitest-environment happy-dom
import { afterEach, expect, it } from 'vitest';
import { ShareControl } from './share.tsx';
import { drawRoom, type DrawnRoom } from './testing/room.tsx';

let room: DrawnRoom;

afterEach(() => {
  room.work.close();
  document.body.replaceChildren();
});

it('asks before the page goes away, as long as something is shared', async () => {
  room = await drawRoom((work) => <ShareControl work={work}>{null}</ShareControl>);
  room.line.allow('view', 'share');
  room.line.join();
  const wish = { label: 'Screen', hint: 'text' } as const;
  const asks = async (state: typeof room.sharing.value): Promise<boolean> => {
    room.sharing.value = state;
    await room.settle();
    const leaving = new Event('beforeunload', { cancelable: true });
    window.dispatchEvent(leaving);
    return leaving.defaultPrevented;
  };
  expect(await asks({ phase: 'idle' })).toBe(false);
  expect(await asks({ phase: 'choosing' })).toBe(false);
  for (const phase of ['connecting', 'live', 'reconnecting'] as const) {
    expect(await asks({ phase, wish })).toBe(true);
  }
  expect(await asks({ phase: 'ended', problem: null })).toBe(false);
});
