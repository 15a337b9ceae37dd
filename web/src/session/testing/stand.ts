/** A control channel whose carriers are scripted. */
import { vi, type Mock } from 'vitest';
import type { JoinToken } from '../api.ts';
import { ControlChannel } from '../control.ts';
import { Reach } from '../reach.ts';
import { systemTimers } from '../timers.ts';
import { ScriptedPolls } from './polls.ts';
import { joinToken, ScriptedSocket, settle } from './transports.ts';

export const share = {
  id: 's1',
  participant: 'p2',
  name: 'Anne',
  label: 'Screen',
  video: 'VP9',
  audio: '',
  startedAt: '',
  interrupted: false,
};

export function state(selected = '', publications: object[] = []): object {
  return {
    type: 'room.state',
    instance: 'r1',
    conference: 'c',
    self: 'p-4Zr0',
    current: '',
    selected,
    participants: [],
    publications,
  };
}

export class Stand {
  readonly sockets: ScriptedSocket[] = [];
  readonly polls = new ScriptedPolls();
  /** Set to a failure, the browser makes no socket. */
  noSocket: Error | null = null;
  readonly token: Mock<(milliseconds: number) => Promise<JoinToken>>;
  readonly channel: ControlChannel;

  constructor() {
    let issued = 0;
    this.token = vi.fn(() => Promise.resolve(joinToken(++issued)));
    this.channel = new ControlChannel({
      reach: new Reach(this.token),
      socket: (url, protocol) => {
        if (this.noSocket !== null) throw this.noSocket;
        const socket = new ScriptedSocket(url, protocol);
        this.sockets.push(socket);
        return socket as unknown as WebSocket;
      },
      fetch: this.polls.fetch,
      timers: systemTimers,
      random: () => 0,
      log: () => {},
    });
  }

  /** The latest socket. */
  get socket(): ScriptedSocket {
    return this.sockets.at(-1) ?? new ScriptedSocket('', '');
  }

  async join(): Promise<void> {
    this.channel.open();
    await settle();
    this.socket.open();
    this.socket.say(state());
  }

  /** Answers the hello that was said by HTTP. */
  async letIn(): Promise<void> {
    const room = { after: 0, messages: [state()] };
    this.polls.last('POST').answer(201, room, { Location: '/control/secret' });
    await settle();
  }
}
