import { computed, type ReadonlySignal } from '@preact/signals-core';
import type { Attendance } from './attendance.ts';
import { Drawing } from './drawing.ts';
import { Pointers } from './pointer.ts';
import { rightsOf, type Rights } from './rights.ts';
import { Stage } from './stage.ts';
import type { Timers } from './timers.ts';

export interface WorkDeps {
  timers: Timers;
  random(): number;
}

/** What the participants do together, beside the picture: each part keeps its own state by the control channel. */
export class Work {
  readonly attendance: Attendance;
  readonly stage: Stage;
  readonly drawing: Drawing;
  readonly pointers: Pointers;
  /** What this participant may do on the stage. */
  readonly rights: ReadonlySignal<Rights>;

  constructor(attendance: Attendance, { timers, random }: WorkDeps) {
    this.attendance = attendance;
    const channel = attendance.control;
    this.stage = new Stage({ channel, timers, stopSharing: () => attendance.publisher.stop() });
    this.drawing = new Drawing({ channel, timers, random });
    this.rights = computed(() => rightsOf(attendance.control.grant.value));
    this.pointers = new Pointers({ channel, timers });
  }

  close(): void {
    this.stage.close();
    this.drawing.close();
    this.pointers.close();
  }
}
