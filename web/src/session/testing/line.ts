/** A control channel for the parts of the work: the tests say what the relay says. */
import { signal } from '@preact/signals-core';
import type { JoinToken } from '../api.ts';
import type { ControlState } from '../control.ts';
import type { Line } from '../requests.ts';
import { apply, type Room } from '../room.ts';
import { read, type FromRelay, type Participant, type ToRelay } from '../wire.ts';
import { joinToken } from './transports.ts';

export const self = 'p-self';

export function someone(id: string, more: Partial<Participant> = {}): Participant {
  return {
    id,
    name: id,
    role: 'guest',
    status: '',
    joinedAt: '2026-11-24T10:00:00Z',
    presents: false,
    muted: false,
    statusAt: '',
    ...more,
  };
}

export class ScriptedLine implements Line {
  readonly state = signal<ControlState>({ phase: 'connecting', problem: null });
  readonly room = signal<Room | null>(null);
  readonly grant = signal<JoinToken | null>(null);
  readonly sent: ToRelay[] = [];
  /** The network takes nothing of this type at the moment. */
  full: ToRelay['type'] | null = null;
  readonly #listeners = new Set<(message: FromRelay) => void>();

  listen(take: (message: FromRelay) => void): () => void {
    this.#listeners.add(take);
    return () => this.#listeners.delete(take);
  }

  send(message: ToRelay): boolean {
    if (this.state.value.phase !== 'open' || this.full === message.type) return false;
    this.sent.push(message);
    return true;
  }

  /** What was sent of one type. */
  of<T extends ToRelay['type']>(type: T): (ToRelay & { type: T })[] {
    return this.sent.filter((message): message is ToRelay & { type: T } => message.type === type);
  }

  /** The relay says something, as it comes over the wire. */
  say(message: object): void {
    const heard = read(JSON.parse(JSON.stringify(message)));
    if (heard === null) throw new Error('the relay said what nobody understands');
    if (this.room.value !== null) this.room.value = apply(this.room.value, heard);
    for (const listener of this.#listeners) listener(heard);
  }

  /** In the room, at first or again. */
  join(participants: readonly Participant[] = [someone(self)], more: object = {}): void {
    const state = {
      type: 'room.state',
      instance: 'r1',
      conference: 'c',
      self,
      current: '',
      selected: '',
      locked: false,
      muted: false,
      participants,
      publications: [],
      ...more,
    };
    const heard = read(JSON.parse(JSON.stringify(state)));
    if (heard?.type !== 'room.state') throw new Error('no state');
    this.room.value = apply(this.room.value ?? ({} as Room), heard);
    this.state.value = { phase: 'open' };
    for (const listener of this.#listeners) listener(heard);
  }

  allow(...permissions: string[]): void {
    this.grant.value = joinToken(1, permissions);
  }

  /** The network is gone: what is sent gets nowhere. */
  cut(): void {
    this.state.value = { phase: 'lost', problem: null };
  }
}
