import type { Attendance } from './attendance.ts';
import { Chat } from './chat.ts';
import { Notices } from './notices.ts';
import { People } from './people.ts';
import { Polls } from './polls.ts';
import type { Timers } from './timers.ts';

export interface WorkDeps {
  timers: Timers;
  random(): number;
}

/** What the participants do together, beside the picture: each part keeps its own state by the control channel. */
export class Work {
  readonly attendance: Attendance;
  readonly chat: Chat;
  readonly notices: Notices;
  readonly people: People;
  readonly polls: Polls;

  constructor(attendance: Attendance, deps: WorkDeps) {
    this.attendance = attendance;
    this.chat = new Chat(attendance.control, deps);
    this.notices = new Notices(attendance.control, deps.timers);
    this.people = new People(attendance.control, deps.timers);
    this.polls = new Polls(attendance.control, deps);
  }

  close(): void {
    this.chat.close();
    this.notices.close();
    this.people.close();
    this.polls.close();
  }
}
