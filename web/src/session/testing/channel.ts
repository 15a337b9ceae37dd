/** A control channel on which the relay says what a test lets it say. */
import { signal } from '@preact/signals-core';
import type { ControlState } from '../control.ts';
import { apply, roomOf, type Room } from '../room.ts';
import type { Cancel } from '../timers.ts';
import { shareOnStage, type FromRelay, type RoomState, type ToRelay } from '../wire.ts';

export function roomState(more: Partial<RoomState> = {}): RoomState {
  return {
    type: 'room.state',
    instance: 'r1',
    conference: 'c1',
    self: 'me',
    current: '',
    selected: '',
    stage: shareOnStage(''),
    locked: false,
    muted: false,
    participants: [],
    publications: [],
    ...more,
  };
}

export class ScriptedChannel {
  readonly state = signal<ControlState>({ phase: 'connecting', problem: null });
  readonly room = signal<Room | null>(null);
  readonly sent: ToRelay[] = [];
  readonly #listeners = new Set<(message: FromRelay) => void>();

  /** The relay speaks; with a room.state it lets in. */
  say(...messages: FromRelay[]): void {
    for (const message of messages) {
      if (message.type === 'room.state') {
        this.room.value = roomOf(message);
        this.state.value = { phase: 'open' };
      } else if (this.room.value !== null) {
        this.room.value = apply(this.room.value, message);
      }
      for (const listener of this.#listeners) listener(message);
    }
  }

  drop(): void {
    this.state.value = { phase: 'lost', problem: null };
  }

  send(message: ToRelay): boolean {
    if (this.state.value.phase !== 'open') return false;
    this.sent.push(structuredClone(message));
    return true;
  }

  select(publication: string): void {
    if (this.room.value === null) return;
    this.room.value = { ...this.room.value, selected: publication };
    this.send({ type: 'view.select', publication });
  }

  listen(take: (message: FromRelay) => void): Cancel {
    this.#listeners.add(take);
    return () => this.#listeners.delete(take);
  }

  /** What was sent of one type, and forgets everything. */
  took<T extends ToRelay['type']>(type: T): Extract<ToRelay, { type: T }>[] {
    const found = this.sent.filter((message) => message.type === type);
    this.sent.length = 0;
    return found as Extract<ToRelay, { type: T }>[];
  }
}
