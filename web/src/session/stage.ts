import { computed, signal, type ReadonlySignal } from '@preact/signals-core';
import type { Channel } from './channel.ts';
import { Handover, type HandoverDeps } from './handover.ts';
import { board, surfaceOfPage, surfaceOfShare } from './surface.ts';
import type { Cancel } from './timers.ts';
import { shareOnStage, type FromRelay, type Stage as Shown, type StageKind } from './wire.ts';

export interface StageChannel extends Channel {
  /** Pins a share; "" follows the conference again. */
  select(publication: string): void;
}

export interface StageDeps extends HandoverDeps {
  channel: StageChannel;
}

const nothing = shareOnStage('');

/**
 * What the conference shows, and what this page shows: the same, until its person picks something else.
 *
 *     following <-> picked
 */
export class Stage {
  readonly handover: Handover;
  /** The document that was shown last: one can go back to it. */
  readonly #document = signal<Shown | null>(null);
  /** What its person picked; a share is pinned in the room. */
  readonly #picked = signal<StageKind | null>(null);
  readonly #deps: StageDeps;
  readonly #stop: Cancel;

  constructor(deps: StageDeps) {
    this.#deps = deps;
    this.handover = new Handover(deps);
    this.#stop = deps.channel.listen((message) => this.#take(message));
  }

  close(): void {
    this.#stop();
    this.handover.close();
  }

  /** What the conference shows. */
  readonly shown: ReadonlySignal<Shown> = computed(
    () => this.#deps.channel.room.value?.stage ?? nothing,
  );

  get document(): ReadonlySignal<Shown | null> {
    return this.#document;
  }

  /** Which of them this page shows. */
  readonly kind: ReadonlySignal<StageKind> = computed(() => {
    const picked = this.#picked.value;
    if (picked !== null) return picked;
    return this.#pinned ? 'share' : this.shown.value.kind;
  });

  /** This page shows what the conference shows. */
  readonly following: ReadonlySignal<boolean> = computed(() => {
    return this.#picked.value === null && !this.#pinned;
  });

  /** What is drawn on and pointed at here; "" when there is no share to see. */
  readonly surface: ReadonlySignal<string> = computed(() => {
    const document = this.#document.value;
    switch (this.kind.value) {
      case 'board':
        return board;
      case 'document':
        return document === null ? '' : surfaceOfPage(document.id, document.page);
      case 'share': {
        const room = this.#deps.channel.room.value;
        const id = room === null ? '' : room.selected || room.current;
        return id === '' ? '' : surfaceOfShare(id);
      }
    }
  });

  /** Looks at something, whatever the conference shows. */
  pick(kind: StageKind): void {
    if (this.following.peek() && this.shown.peek().kind === kind) return;
    this.#picked.value = kind;
    this.#settle();
  }

  /** Looks at one share. */
  watch(publication: string): void {
    this.#deps.channel.select(publication);
    this.#picked.value = 'share';
  }

  /** Looks at what the conference shows, now and later. */
  follow(): void {
    this.#picked.value = null;
    if (this.#pinned) this.#deps.channel.select('');
  }

  /** Shows something to all; false when there is no channel. */
  show(what: Pick<Shown, 'kind' | 'id'> & Partial<Shown>): boolean {
    const { kind, id, name = '', page = 0, pages = 0 } = what;
    const sent = this.#deps.channel.send({ type: 'stage.show', kind, id, name, page, pages });
    if (sent) this.follow();
    return sent;
  }

  /** Offers somebody to present in this one's place. */
  offer(participant: string): void {
    this.handover.offer(participant);
  }

  get #pinned(): boolean {
    return (this.#deps.channel.room.value?.selected ?? '') !== '';
  }

  #take(message: FromRelay): void {
    switch (message.type) {
      case 'room.state':
        this.#see(message.stage);
        return;
      case 'stage.shown':
        this.#see(message.stage);
        return;
      case 'publication.stopped':
        // The share that was picked is over.
        if (this.#picked.peek() === 'share' && !this.#pinned) this.#settle();
        return;
      default:
    }
  }

  #see(stage: Shown): void {
    if (stage.kind === 'document') this.#document.value = stage;
    this.#settle();
  }

  /** Who picked what the conference shows follows it again. */
  #settle(): void {
    const same = this.#picked.peek() === this.shown.peek().kind;
    if (same && !this.#pinned) this.#picked.value = null;
  }
}
