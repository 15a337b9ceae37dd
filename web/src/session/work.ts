import { computed, type ReadonlySignal } from '@preact/signals-core';
import type { Attendance } from './attendance.ts';
import { Audience } from './audience.ts';
import { Chat } from './chat.ts';
import { Documents, type DocumentsDeps } from './documents.ts';
import { Drawings } from './drawing.ts';
import { Notices } from './notices.ts';
import { People } from './people.ts';
import { Pointers } from './pointer.ts';
import { Polls } from './polls.ts';
import { Problem } from './problem.ts';
import { Remote, type RemoteDeps } from './remote.ts';
import { rightsOf, type Rights } from './rights.ts';
import { Stage } from './stage.ts';
import { TalkMemory } from './talkmemory.ts';
import { systemTimers } from './timers.ts';

/** What the browser does for documents; pages are drawn on canvases. */
export type DocumentsParts = Omit<DocumentsDeps<HTMLCanvasElement>, 'channel'>;

/** What the participants do together, beside the picture: each part keeps its own state by the control channel. */
export class Work {
  readonly attendance: Attendance;
  readonly stage: Stage;
  readonly drawing: Drawings;
  readonly pointers: Pointers;
  readonly documents: Documents<HTMLCanvasElement>;
  readonly chat: Chat;
  readonly notices: Notices;
  readonly people: People;
  readonly polls: Polls;
  readonly remote: Remote;
  readonly audience: Audience;
  /** What this participant may do on the stage. */
  readonly rights: ReadonlySignal<Rights>;

  constructor(
    attendance: Attendance,
    documents: DocumentsParts,
    memory = new TalkMemory(null),
    token: RemoteDeps['token'] = () => Promise.reject(new Problem('unavailable')),
  ) {
    this.attendance = attendance;
    const { control: channel, publisher } = attendance;
    const timers = systemTimers;
    const random = Math.random;
    this.rights = computed(() => rightsOf(channel.grant.value));
    this.stage = new Stage({ channel, timers, stopSharing: () => publisher.stop() });
    this.drawing = new Drawings({ channel, timers, random });
    this.documents = new Documents({ ...documents, channel });
    this.pointers = new Pointers({ channel, timers });
    this.chat = new Chat(channel, { timers, random, memory });
    this.notices = new Notices(channel, timers);
    this.people = new People(channel, timers);
    this.polls = new Polls(channel, { timers, random });
    this.remote = new Remote({ line: channel, timers, random, token });
    this.audience = new Audience(channel, timers);
  }

  close(): void {
    this.stage.close();
    this.drawing.close();
    this.pointers.close();
    this.documents.close();
    this.chat.close();
    this.notices.close();
    this.people.close();
    this.polls.close();
    this.remote.close();
    this.audience.close();
  }
}
