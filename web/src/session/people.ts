import { computed, signal, type ReadonlySignal } from '@preact/signals-core';
import { Requests, type Line } from './requests.ts';
import type { Room } from './room.ts';
import type { Cancel, Timers } from './timers.ts';
import type { FromRelay, Participant, Status } from './wire.ts';

/** Whether this participant may write, or why not. */
export type MayChat = 'yes' | 'never' | 'muted' | 'all-muted';

/** The participants as this one sees them: rights, own status, raised hands, and what organizers do. */
export class People {
  readonly #line: Line;
  readonly #requests: Requests;
  readonly #deaf: Cancel;
  readonly #wanted = signal<Status | null>(null);
  /** How this participant was last known, to come back to the same status. */
  #known = { instance: '', joinedAt: '', status: '' as Status };
  readonly self: ReadonlySignal<Participant | null>;
  /** May open polls, hand over, mark questions answered, lower hands. */
  readonly presents: ReadonlySignal<boolean>;
  /** May remove, lock, mute, and delete what anybody wrote. */
  readonly moderates: ReadonlySignal<boolean>;
  readonly mayChat: ReadonlySignal<MayChat>;
  /** Who asks to speak, first come first. */
  readonly hands: ReadonlySignal<readonly Participant[]>;
  /** The own status, as the relay has it or will have it. */
  readonly status: ReadonlySignal<Status>;

  constructor(line: Line, timers: Timers) {
    this.#line = line;
    this.#requests = new Requests(line, timers);
    this.#deaf = line.listen((message) => this.#hear(message));
    const may = (permission: string) => line.grant.value?.permissions.includes(permission) ?? false;
    this.self = computed(() => selfIn(line.room.value));
    this.presents = computed(() => this.self.value?.presents ?? false);
    this.moderates = computed(() => may('moderate'));
    this.mayChat = computed(() => {
      if (!may('chat')) return 'never';
      if (this.self.value?.muted) return 'muted';
      return line.room.value?.muted && !this.presents.value ? 'all-muted' : 'yes';
    });
    this.hands = computed(() => handsIn(line.room.value));
    this.status = computed(() =>
      this.#requests.waits('status') ? (this.#wanted.value ?? '') : (this.self.value?.status ?? ''),
    );
  }

  get requests(): Requests {
    return this.#requests;
  }

  setStatus(status: Status): void {
    this.#wanted.value = status;
    const done = () => this.self.peek()?.status === status;
    this.#requests.ask('status', { type: 'status.set', status }, done);
  }

  lowerHand(participant: string): void {
    const done = () => this.find(participant)?.status !== 'hand';
    this.#requests.ask(`hand ${participant}`, { type: 'moderate.hand', participant }, done);
  }

  /** Whether somebody may chat. */
  mute(participant: string, muted: boolean): void {
    const done = () => (this.find(participant)?.muted ?? muted) === muted;
    this.#requests.ask(`mute ${participant}`, { type: 'moderate.mute', participant, muted }, done);
  }

  /** Everybody who does not present. */
  muteAll(muted: boolean): void {
    const done = () => this.#line.room.peek()?.muted === muted;
    this.#requests.ask('mute', { type: 'moderate.mute', participant: '', muted }, done);
  }

  lock(locked: boolean): void {
    const done = () => this.#line.room.peek()?.locked === locked;
    this.#requests.ask('lock', { type: 'moderate.lock', locked }, done);
  }

  remove(participant: string): void {
    const done = () => this.find(participant) === undefined;
    this.#requests.ask(`remove ${participant}`, { type: 'moderate.remove', participant }, done);
  }

  find(id: string): Participant | undefined {
    return this.#line.room.peek()?.participants.find((participant) => participant.id === id);
  }

  close(): void {
    this.#deaf();
    this.#requests.close();
  }

  #hear(message: FromRelay): void {
    const self = this.self.peek();
    const instance = this.#line.room.peek()?.instance ?? '';
    if (self === null) return;
    if (message.type === 'room.state') {
      const known = this.#known;
      // The relay, or this participant's place on it, is a new one: it knows no status.
      const anew = known.instance !== instance || known.joinedAt !== self.joinedAt;
      if (anew && known.status !== '' && self.status === '' && !this.#requests.waits('status')) {
        this.setStatus(known.status);
      }
    }
    this.#known = { instance, joinedAt: self.joinedAt, status: self.status };
  }
}

function selfIn(room: Room | null): Participant | null {
  return room?.participants.find(({ id }) => id === room.self) ?? null;
}

function handsIn(room: Room | null): readonly Participant[] {
  return (room?.participants ?? [])
    .filter(({ status }) => status === 'hand')
    .toSorted((a, b) => Date.parse(a.statusAt) - Date.parse(b.statusAt));
}
