import type { Attendance } from './attendance.ts';

/** What the participants do together, beside the picture: each part keeps its own state by the control channel. */
export class Work {
  readonly attendance: Attendance;

  constructor(attendance: Attendance) {
    this.attendance = attendance;
  }

  close(): void {}
}
