import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Listing, SharedDocument } from './documents/api.ts';
import { Documents, type Pages } from './documents.ts';
import { Problem } from './problem.ts';
import type { FromRelay, RoomState, ToRelay } from './wire.ts';

const limits = { size: 1000, count: 3, total: 2000 };
const shared = (id: string, size = 10): SharedDocument => {
  return {
    id,
    name: `${id}.pdf`,
    type: '',
    size,
    by: { id: 'p', name: 'Ada' },
    addedAt: '',
    own: true,
  };
};
const file = (text: string, name = 'plan.pdf') =>
  new File([text], name, { type: 'application/pdf' });
const state = { type: 'room.state' } as RoomState;

/** A conference with a server that answers as it is told to. */
class World {
  readonly items: SharedDocument[] = [];
  readonly told: ToRelay[] = [];
  readonly calls: string[] = [];
  readonly files = new Map<string, string>();
  readonly after: { at: number; run: () => void }[] = [];
  connected = true;
  /** Problems that the next calls of a name meet. */
  readonly trouble = new Map<string, Problem[]>();
  listen: (message: FromRelay) => void = () => {};
  pagesClosed = 0;
  #now = 0;

  readonly documents = new Documents<string>({
    channel: {
      listen: (take) => ((this.listen = take), () => (this.listen = () => {})),
      send: (message) => (this.connected && this.told.push(message), this.connected),
    },
    api: {
      list: () => this.#do('list', () => this.listing()),
      announce: ({ name, sha256 }) =>
        this.#do('announce', () => {
          this.files.set('d1', `${name} ${sha256}`);
          return { id: 'd1', upload: { method: 'PUT', url: 'u', headers: {} } };
        }),
      renew: (id) =>
        this.#do('renew', () => ({ id, upload: { method: 'PUT', url: 'u', headers: {} } })),
      complete: (id) =>
        this.#do('complete', () => {
          this.items.push(shared(id));
          return shared(id);
        }),
      link: (id) => this.#do('link', () => `https://files.example/${id}`),
      remove: (id) => this.#do(`remove ${id}`, () => {}),
    },
    send: (_upload, blob, sent) =>
      this.#do('send', () => {
        sent(blob.size / 2);
        sent(blob.size);
      }),
    load: () => this.#do('load', () => new Blob(['x'])),
    open: () => this.#do('open', () => this.pages()),
    timers: {
      now: () => this.#now,
      after: (milliseconds, run) => {
        const timer = { at: this.#now + milliseconds, run };
        this.after.push(timer);
        return () =>
          void (this.after.includes(timer) && this.after.splice(this.after.indexOf(timer), 1));
      },
    },
    random: () => 0.5,
  });

  listing(): Listing {
    return { items: [...this.items], limits, mayAdd: true, mayDelete: false };
  }

  pages(): Pages<string> {
    return {
      count: 3,
      size: () => Promise.resolve({ width: 1, height: 1 }),
      draw: () => Promise.resolve(),
      text: () => Promise.resolve(''),
      close: () => void this.pagesClosed++,
    };
  }

  async pass(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    for (const timer of this.after.filter(({ at }) => at <= this.#now)) {
      this.after.splice(this.after.indexOf(timer), 1);
      timer.run();
    }
    await settled();
  }

  #do<T>(name: string, work: () => T): Promise<T> {
    this.calls.push(name);
    const problem = this.trouble.get(name)?.shift();
    return problem === undefined ? Promise.resolve(work()) : Promise.reject(problem);
  }
}

/** Whatever was begun has come to its next pause: files are read by the event loop, too. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((go) => setImmediate(go));
}

let world: World;
const counted = (name: string) => world.calls.filter((call) => call === name).length;
const names = () => world.documents.listing.value?.items.map(({ id }) => id);
const phases = () => world.documents.adding.value.map(({ phase }) => phase);

beforeEach(async () => {
  world = new World();
  world.listen(state);
  await settled();
});

describe('the list', () => {
  it('comes with the room, and again after a while when something changes', async () => {
    expect(names()).toEqual([]);
    world.items.push(shared('a'));
    world.listen({ type: 'document.changed' });
    world.listen({ type: 'document.changed' });
    expect(counted('list')).toBe(1);
    await world.pass(750);
    expect([counted('list'), names()]).toEqual([2, ['a']]);
  });

  it('comes again after a reconnection, and by itself after trouble', async () => {
    world.trouble.set('list', [new Problem('network')]);
    world.listen(state);
    await world.pass(750);
    expect(world.documents.problem.value?.code).toBe('network');
    expect(names()).toEqual([]);
    world.items.push(shared('a'));
    await world.pass(15_000);
    expect([world.documents.problem.value, names()]).toEqual([null, ['a']]);
  });

  it('is not asked for any more once the page has gone', async () => {
    world.documents.close();
    world.listen({ type: 'document.changed' });
    await world.pass(60_000);
    expect(counted('list')).toBe(1);
  });
});

describe('adding', () => {
  it('reads, announces, sends, and tells the others', async () => {
    world.documents.add([file('a plan')]);
    await settled();
    const sum = createHash('sha256').update('a plan').digest('hex');
    expect(world.files.get('d1')).toBe(`plan.pdf ${sum}`);
    expect(world.calls.slice(1)).toEqual(['announce', 'send', 'complete']);
    expect(names()).toEqual(['d1']);
    expect(world.documents.adding.value).toEqual([]);
    expect(world.told).toEqual([{ type: 'document.changed' }]);
  });

  it.each([
    ['too large', 'x'.repeat(1001), 'too-large'],
    ['empty', '', 'empty'],
  ])('says so before anything is sent: %s', async (_, text, code) => {
    world.documents.add([file(text)]);
    await settled();
    expect(world.documents.adding.value[0]).toMatchObject({ phase: 'failed', problem: { code } });
    world.documents.retry('1');
    expect(phases()).toEqual(['failed']);
    world.documents.cancel('1');
    expect(phases()).toEqual([]);
    expect(counted('announce')).toBe(0);
  });

  it('counts what is there and what is coming', async () => {
    world.items.push(shared('a', 900), shared('b', 900));
    world.documents.refresh();
    await settled();
    world.documents.add([file('x'.repeat(300))]);
    await settled();
    expect(world.documents.adding.value[0]?.problem?.code).toBe('full');
  });

  it('goes on by itself after a cut, where it was', async () => {
    world.trouble.set('send', [new Problem('network')]);
    world.trouble.set('complete', [new Problem('conflict', { status: 409 })]);
    world.documents.add([file('a plan')]);
    await settled();
    expect(phases()).toEqual(['waiting']);
    await world.pass(1000);
    expect(world.calls.slice(1)).toEqual([
      'announce',
      'send',
      'complete',
      'renew',
      'send',
      'complete',
    ]);
    expect(names()).toEqual(['d1']);
  });

  it('finds that everything had arrived before the answer was cut off', async () => {
    world.trouble.set('complete', [new Problem('timeout')]);
    world.documents.add([file('a plan')]);
    await settled();
    world.listen(state); // the network is back
    await settled();
    expect(world.calls.filter((call) => call !== 'list')).toEqual([
      'announce',
      'send',
      'complete',
      'complete',
    ]);
    expect(names()).toEqual(['d1']);
  });

  it('gives up after some attempts, and tries again when asked to', async () => {
    world.trouble.set(
      'announce',
      Array.from({ length: 4 }, () => new Problem('network')),
    );
    world.documents.add([file('a plan')]);
    for (const pause of [0, 1000, 3000, 10_000]) await world.pass(pause);
    expect(phases()).toEqual(['failed']);
    world.documents.retry('1');
    await settled();
    expect(names()).toEqual(['d1']);
  });

  it('says that the conference is full when the server does', async () => {
    world.trouble.set('announce', [new Problem('conflict', { status: 409 })]);
    world.documents.add([file('a plan')]);
    await settled();
    expect(world.documents.adding.value[0]?.problem?.code).toBe('full');
  });

  it('takes a file back on the way, on the server too', async () => {
    world.trouble.set('send', [new Problem('network')]);
    world.documents.add([file('a plan'), file('another', 'b.pdf')]);
    await settled();
    world.documents.cancel('1');
    await world.pass(10_000);
    expect(world.calls).toContain('remove d1');
    expect(counted('send')).toBe(2);
    expect(phases()).toEqual([]);
  });

  it('tells the others when there is a channel again', async () => {
    world.connected = false;
    world.documents.add([file('a plan')]);
    await settled();
    expect(world.told).toEqual([]);
    world.connected = true;
    world.listen(state);
    expect(world.told).toEqual([{ type: 'document.changed' }]);
  });
});

describe('deleting', () => {
  it('takes the document out at once; one that is gone already is fine', async () => {
    world.items.push(shared('a'), shared('b'));
    world.documents.refresh();
    await settled();
    world.trouble.set('remove b', [new Problem('not-found', { status: 404 })]);
    await world.documents.remove('a');
    await world.documents.remove('b');
    expect(names()).toEqual([]);
    expect(world.told).toHaveLength(2);
  });

  it('leaves it where the server says no', async () => {
    world.items.push(shared('a'));
    world.documents.refresh();
    await settled();
    world.trouble.set('remove a', [new Problem('forbidden', { status: 403 })]);
    await expect(world.documents.remove('a')).rejects.toThrow('forbidden');
    expect(names()).toEqual(['a']);
  });
});

describe('showing', () => {
  it('opens a document once, and closes it for another', async () => {
    const [a, again] = await Promise.all([world.documents.pages('a'), world.documents.pages('a')]);
    expect([a === again, counted('load')]).toEqual([true, 1]);
    await world.documents.pages('b');
    expect(world.pagesClosed).toBe(1);
    world.documents.close();
    await vi.waitFor(() => expect(world.pagesClosed).toBe(2), 10_000);
  });

  it('tries again what could not be opened', async () => {
    world.trouble.set('load', [new Problem('network')]);
    await expect(world.documents.pages('a')).rejects.toThrow('network');
    expect((await world.documents.pages('a')).count).toBe(3);
  });
});
