/** A relay dies or stops: presenter and viewers go on by another one, without a hand. */
import { afterAll, afterEach, beforeAll, describe as group, expect, test } from 'vitest';
import type { Conference } from './harness.ts';
import { pictureSince, untilSeen, watchPicture } from './measure.ts';
import { freePort, RelayProcess } from './relays.ts';
import { calm, Stage, type Attendee, type Presenter } from './stage.ts';
import { describe, judge } from './verdict.ts';
import { unexpected } from './watch.ts';

const tag = 5401;

group('a fleet of relays', () => {
  let stage: Stage;
  let conference: Conference;
  let presenter: Presenter;
  let viewer: Attendee;
  const ports = new Map<string, number>();
  const relays = new Map<string, RelayProcess>();
  /** Addresses of the viewer's control channels, the latest last. */
  const sockets: string[] = [];

  const start = async (id: string): Promise<void> => {
    relays.set(id, await RelayProcess.start(stage.server, id, ports.get(id)!));
  };
  const home = (): RelayProcess => {
    const found = [...relays.values()].find(({ control }) => control === sockets.at(-1));
    if (!found) throw new Error(`the viewer is at ${sockets.at(-1)}`);
    return found;
  };

  beforeAll(async () => {
    for (const id of ['a', 'b']) ports.set(id, await freePort());
    const origins = [...ports.values()].map((port) => `http://127.0.0.1:${port}`).join(',');
    stage = await Stage.open({ args: ['--relays', origins, '--relay-networks', '127.0.0.0/8'] });
    for (const id of ports.keys()) await start(id);
    conference = await stage.server.conference({ name: 'Far and wide', region: 'eu-1' });
    presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter', pace: calm });
    await presenter.portal.share();
    viewer = await stage.guest(conference);
    viewer.page.on('websocket', (socket) => sockets.push(socket.url()));
    await viewer.portal.submit();
    await untilSeen(viewer.page, 'picture', 10_000, (sample) => sample.tag === tag);
  });

  afterAll(async () => {
    await Promise.allSettled([...relays.values()].map((relay) => relay.end('SIGKILL')));
    await stage?.close();
  });

  // A browser writes into the console that it did not reach the relay that has gone.
  afterEach(() => expect(unexpected(/net::ERR_|WebSocket connection/)).toEqual([]));

  test.each(['SIGKILL', 'SIGTERM'] as const)('the picture is back after %s', async (signal) => {
    const before = home();
    const since = Date.now();
    await before.end(signal);
    const back = await pictureSince(viewer.page, tag, Date.now());
    await viewer.portal.state('live');
    await presenter.portal.shareState('live');
    const after = judge(await watchPicture(viewer.page, 3000), { tag, moving: 1000 });
    console.log(
      `${signal}: from ${before.id} to ${home().id}, back after ${back} ms, ` +
        `${Date.now() - since} ms in all; ${describe(after)}`,
    );
    expect(home().id).not.toBe(before.id);
    expect(back).toBeLessThan(signal === 'SIGKILL' ? 10_000 : 5000);
    expect(after.faults).toEqual([]);
    await start(before.id);
  });
});
