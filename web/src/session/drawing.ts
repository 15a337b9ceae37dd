import { computed, signal, type ReadonlySignal } from '@preact/signals-core';
import type { Channel } from './channel.ts';
import { surfaceOfShare } from './surface.ts';
import type { Cancel, Timers } from './timers.ts';
import type { Drawing, DrawnShape, FromRelay } from './wire.ts';

export interface DrawingsDeps {
  channel: Channel;
  timers: Timers;
  random(): number;
}

/** A shape of ours that the relay has not repeated yet as it is now. */
interface Unanswered {
  surface: string;
  draft: Drawing;
  sent: boolean;
  /** Taken back before the relay gave it an id: it is erased as soon as it has one. */
  withdrawn: boolean;
}

/** A growing stroke is sent about five times a second. */
const every = 200;
/** Messages in one go: the relay takes a burst, not a flood. */
const atOnce = 5;
/** The pause after "too fast". */
const later = 1000;
/** Points of one shape; the relay takes no more. */
export const maxPoints = 1000;
/** Shapes that wait for a lost connection. */
const maxUnanswered = 200;

const none: readonly DrawnShape[] = [];

/**
 * What is drawn on every surface. Own shapes are seen at once, sent at a bounded rate, and sent again after a
 * reconnection until the relay has repeated them: the key tells it which is which.
 */
export class Drawings {
  /** By surface, as the relay has it. */
  readonly #known = signal<ReadonlyMap<string, readonly DrawnShape[]>>(new Map());
  /** By key. */
  readonly #own = signal<ReadonlyMap<string, Unanswered>>(new Map());
  /** Ids of what we erased and the relay has not, with their surface. */
  readonly #erasing = signal<ReadonlyMap<string, string>>(new Map());
  readonly #refusal = signal('');
  readonly #deps: DrawingsDeps;
  readonly #stop: Cancel;
  readonly #dirty = new Set<string>();
  #flushing: Cancel | null = null;
  #flushedAt = -Infinity;

  constructor(deps: DrawingsDeps) {
    this.#deps = deps;
    this.#stop = deps.channel.listen((message) => this.#take(message));
  }

  close(): void {
    this.#stop();
    this.#flushing?.();
    this.#flushing = null;
  }

  /** The code of the latest refusal, until something is drawn again. */
  get refusal(): ReadonlySignal<string> {
    return this.#refusal;
  }

  /** What is seen on a surface, in the order in which it was drawn. */
  readonly shapes: ReadonlySignal<ReadonlyMap<string, readonly DrawnShape[]>> = computed(() => {
    const seen = new Map<string, DrawnShape[]>();
    const own = new Map(this.#own.value);
    for (const [surface, shapes] of this.#known.value) {
      const shown: DrawnShape[] = [];
      for (const shape of shapes) {
        const mine = this.isOwn(shape) ? own.get(shape.key) : undefined;
        if (mine !== undefined) own.delete(shape.key);
        if (mine?.withdrawn === true || this.#erasing.value.has(shape.id)) continue;
        shown.push(mine === undefined ? shape : { ...shape, ...mine.draft });
      }
      seen.set(surface, shown);
    }
    for (const { surface, draft, withdrawn } of own.values()) {
      if (withdrawn) continue;
      const author = { id: '', participant: this.#self, name: '' };
      seen.set(surface, [...(seen.get(surface) ?? none), { ...draft, ...author }]);
    }
    return seen;
  });

  on(surface: string): readonly DrawnShape[] {
    return this.shapes.value.get(surface) ?? none;
  }

  isOwn({ participant }: Pick<DrawnShape, 'participant'>): boolean {
    return participant === this.#self;
  }

  /** A key for a new shape: random, because somebody may come back with a fresh page. */
  key(): string {
    const part = () => Math.floor(this.#deps.random() * 2 ** 48).toString(36);
    return `${part()}-${part()}`;
  }

  /** Draws a shape, or more of it, or changes it: the same key is the same shape. */
  draw(surface: string, draft: Drawing): void {
    const before = this.#own.peek().get(draft.key);
    if (before?.withdrawn || (before === undefined && this.#own.peek().size >= maxUnanswered)) {
      return;
    }
    this.#refusal.value = '';
    const points = draft.points.slice(0, 2 * maxPoints);
    this.#keep(draft.key, {
      surface,
      draft: { ...draft, points },
      sent: before?.sent ?? false,
      withdrawn: false,
    });
    this.#send(draft.key);
  }

  erase(surface: string, shapes: readonly DrawnShape[]): void {
    const ids = shapes.map(({ id }) => id).filter((id) => id !== '');
    for (const shape of shapes) if (this.isOwn(shape)) this.#withdraw(shape);
    if (ids.length === 0) return;
    this.#erasing.value = new Map([
      ...this.#erasing.peek(),
      ...ids.map((id) => [id, surface] as const),
    ]);
    this.#deps.channel.send({ type: 'board.erase', surface, shapes: ids });
  }

  /** Erases the latest own shape of a surface. */
  undo(surface: string): void {
    const last = this.on(surface).findLast((shape) => this.isOwn(shape));
    if (last !== undefined) this.erase(surface, [last]);
  }

  /** False when there is no channel: clearing is not kept for later, when others may have drawn. */
  clear(surface: string): boolean {
    return this.#deps.channel.send({ type: 'board.clear', surface });
  }

  get #self(): string {
    return this.#deps.channel.room.value?.self ?? '';
  }

  #withdraw({ key, id }: DrawnShape): void {
    const own = this.#own.peek().get(key);
    if (own === undefined) return;
    this.#dirty.delete(key);
    if (id !== '' || !own.sent) this.#forget(key);
    else this.#keep(key, { ...own, withdrawn: true });
  }

  #keep(key: string, own: Unanswered): void {
    this.#own.value = new Map(this.#own.peek()).set(key, own);
  }

  #forget(key: string): void {
    this.#dirty.delete(key);
    if (!this.#own.peek().has(key)) return;
    const own = new Map(this.#own.peek());
    own.delete(key);
    this.#own.value = own;
  }

  #send(key: string): void {
    this.#dirty.add(key);
    this.#flushLater(this.#flushedAt + every - this.#deps.timers.now());
  }

  #flushLater(wait: number): void {
    if (this.#flushing !== null) return;
    if (wait <= 0) {
      this.#flush();
      return;
    }
    this.#flushing = this.#deps.timers.after(wait, () => {
      this.#flushing = null;
      this.#flush();
    });
  }

  #flush(): void {
    this.#flushedAt = this.#deps.timers.now();
    let sent = 0;
    for (const key of this.#dirty) {
      if (sent++ === atOnce) break;
      const own = this.#own.peek().get(key);
      // Without a channel it stays unanswered: the next room.state sends it.
      this.#dirty.delete(key);
      if (own === undefined) continue;
      const { surface, draft } = own;
      if (this.#deps.channel.send({ type: 'board.draw', surface, shape: draft }) && !own.sent) {
        this.#keep(key, { ...own, sent: true });
      }
    }
    if (this.#dirty.size > 0) this.#flushLater(every);
  }

  #take(message: FromRelay): void {
    switch (message.type) {
      case 'room.state':
        this.#startAnew();
        return;
      case 'board.history':
        this.#put(message.surface, message.shapes);
        return;
      case 'board.shape':
        this.#put(message.surface, [message.shape]);
        return;
      case 'board.erased':
        this.#erased(message.surface, message.shapes);
        return;
      case 'board.cleared':
        this.#wipe(message.surface, ({ sent }, key) => sent && !this.#dirty.has(key));
        return;
      case 'publication.stopped':
        this.#wipe(surfaceOfShare(message.id), () => true);
        return;
      case 'error':
        this.#refused(message.code, message.re, message.key);
        return;
      default:
    }
  }

  #startAnew(): void {
    this.#known.value = new Map();
    const bySurface = new Map<string, string[]>();
    for (const [id, surface] of this.#erasing.peek()) {
      bySurface.set(surface, [...(bySurface.get(surface) ?? []), id]);
    }
    for (const [surface, shapes] of bySurface) {
      this.#deps.channel.send({ type: 'board.erase', surface, shapes });
    }
    // In the order in which they were drawn: the later one lies above.
    this.#dirty.clear();
    for (const [key, { withdrawn }] of this.#own.peek()) if (!withdrawn) this.#send(key);
  }

  #put(surface: string, shapes: readonly DrawnShape[]): void {
    const all = [...(this.#known.peek().get(surface) ?? none)];
    for (const shape of shapes) {
      const at = all.findIndex(({ id }) => id === shape.id);
      if (at < 0) all.push(shape);
      else all[at] = shape;
    }
    this.#known.value = new Map(this.#known.peek()).set(surface, all);
    for (const shape of shapes) if (this.isOwn(shape)) this.#answered(surface, shape);
  }

  #answered(surface: string, shape: DrawnShape): void {
    const own = this.#own.peek().get(shape.key);
    if (own === undefined) return;
    if (own.withdrawn) {
      this.#forget(shape.key);
      this.erase(surface, [shape]);
    } else if (same(own.draft, shape)) {
      this.#forget(shape.key);
    }
  }

  #erased(surface: string, ids: readonly string[]): void {
    const gone = new Set(ids);
    const before = this.#known.peek().get(surface) ?? none;
    // What somebody else erased does not come back by our own copy of it.
    for (const shape of before) {
      if (gone.has(shape.id) && this.isOwn(shape)) this.#forget(shape.key);
    }
    const left = before.filter(({ id }) => !gone.has(id));
    this.#known.value = new Map(this.#known.peek()).set(surface, left);
    const erasing = new Map(this.#erasing.peek());
    for (const id of ids) erasing.delete(id);
    this.#erasing.value = erasing;
  }

  #wipe(surface: string, goes: (own: Unanswered, key: string) => boolean): void {
    const known = new Map(this.#known.peek());
    known.delete(surface);
    this.#known.value = known;
    for (const [key, own] of this.#own.peek()) {
      if (own.surface === surface && goes(own, key)) this.#forget(key);
    }
    this.#erasing.value = new Map([...this.#erasing.peek()].filter(([, on]) => on !== surface));
  }

  #refused(code: string, re: string, key: string): void {
    if (re === 'board.erase') {
      // Whatever it was is seen again.
      this.#erasing.value = new Map();
      if (code !== 'not-found') this.#refusal.value = code;
    } else if (re === 'board.draw' && code === 'rate-limited') {
      if (this.#own.peek().has(key)) this.#dirty.add(key);
      this.#flushing?.();
      this.#flushing = null;
      this.#flushLater(later);
    } else if (re === 'board.draw') {
      this.#forget(key);
      // Somebody has erased it meanwhile.
      if (code !== 'not-found') this.#refusal.value = code;
    } else if (re === 'board.clear') {
      this.#refusal.value = code;
    }
  }
}

function same(draft: Drawing, shape: DrawnShape): boolean {
  return (
    draft.text === shape.text &&
    draft.colour === shape.colour &&
    draft.width === shape.width &&
    draft.points.length === shape.points.length &&
    draft.points.every((point, at) => point === shape.points[at])
  );
}
