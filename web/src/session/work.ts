import { computed, type ReadonlySignal } from '@preact/signals-core';
import type { Attendance } from './attendance.ts';
import { Chat } from './chat.ts';
import { Drawing } from './drawing.ts';
import { Notices } from './notices.ts';
import { People } from './people.ts';
import { Pointers } from './pointer.ts';
import { Polls } from './polls.ts';
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
  readonly chat: Chat;
  readonly notices: Notices;
  readonly people: People;
  readonly polls: Polls;
  /** What this participant may do on the stage. */
  readonly rights: ReadonlySignal<Rights>;

  constructor(attendance: Attendance, { timers, random }: WorkDeps) {
    this.attendance = attendance;
    const channel = attendance.control;
    this.stage = new Stage({ channel, timers, stopSharing: () => attendance.publisher.stop() });
    this.drawing = new Drawing({ channel, timers, random });
    this.rights = computed(() => rightsOf(attendance.control.grant.value));
    this.pointers = new Pointers({ channel, timers });
    this.chat = new Chat(channel, { timers, random });
    this.notices = new Notices(channel, timers);
    this.people = new People(channel, timers);
    this.polls = new Polls(channel, { timers, random });
  }

  close(): void {
    this.stage.close();
    this.drawing.close();
    this.pointers.close();
    this.chat.close();
    this.notices.close();
    this.people.close();
    this.polls.close();
  }
}
