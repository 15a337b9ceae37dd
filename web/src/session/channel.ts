import type { ReadonlySignal } from '@preact/signals-core';
import type { ControlState } from './control.ts';
import type { Room } from './room.ts';
import type { Cancel } from './timers.ts';
import type { FromRelay, ToRelay } from './wire.ts';

/** The control channel, as those see it who keep a part of the conference's state by it. */
export interface Channel {
  readonly state: ReadonlySignal<ControlState>;
  readonly room: ReadonlySignal<Room | null>;
  /** False when there is no channel to send on. */
  send(message: ToRelay): boolean;
  /** Every message of the relay, after the room has taken it. */
  listen(take: (message: FromRelay) => void): Cancel;
}
