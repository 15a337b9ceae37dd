import { computed, type ReadonlySignal } from '@preact/signals-core';
import type { Attendance } from './attendance.ts';
import { Drawings } from './drawing.ts';
import { Pointers } from './pointer.ts';
import { rightsOf, type Rights } from './rights.ts';
import { Stage } from './stage.ts';
import { systemTimers } from './timers.ts';

/** What the participants do together, beside the picture: each part keeps its own state by the control channel. */
export class Work {
  readonly attendance: Attendance;
  readonly stage: Stage;
  readonly drawing: Drawings;
  readonly pointers: Pointers;
  /** What this participant may do on the stage. */
  readonly rights: ReadonlySignal<Rights>;

  constructor(attendance: Attendance) {
    this.attendance = attendance;
    const { control: channel, publisher } = attendance;
    const timers = systemTimers;
    this.rights = computed(() => rightsOf(channel.grant.value));
    this.stage = new Stage({ channel, timers, stopSharing: () => publisher.stop() });
    this.drawing = new Drawings({ channel, timers, random: Math.random });
    this.pointers = new Pointers({ channel, timers });
  }

  close(): void {
    this.stage.close();
    this.drawing.close();
    this.pointers.close();
  }
}
