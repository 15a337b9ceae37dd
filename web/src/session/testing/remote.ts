/** Remote control on a line whose relay the tests play. */
import { vi } from 'vitest';
import { Remote } from '../remote.ts';
import { systemTimers } from '../timers.ts';
import type { Publication, Role } from '../wire.ts';
import { ScriptedLine, self, someone } from './line.ts';
import { joinToken } from './transports.ts';

export const desk: Publication = {
  id: 's1',
  participant: 'ada',
  name: 'Ada',
  label: 'Desktop',
  video: 'VP9',
  audio: '',
  startedAt: '2026-11-24T10:00:00Z',
  interrupted: false,
  low: false,
  control: true,
  controller: '',
};

export const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

/** A colleague in a room where Ada shares her desktop with the software. */
export class ScriptedRemote {
  readonly line = new ScriptedLine();
  readonly token = vi.fn<(presenter: string) => Promise<string>>().mockResolvedValue('signed');
  readonly remote: Remote;

  constructor() {
    const { line, token } = this;
    this.remote = new Remote({ line, timers: systemTimers, random: Math.random, token });
    this.be('internal', 'view', 'control');
    this.tell(desk);
  }

  be(role: Role, ...permissions: string[]): void {
    const participant = { id: self, name: 'Me', role };
    this.line.grant.value = { ...joinToken(1, permissions), participant };
  }

  /** What the room is. */
  tell(...publications: Publication[]): void {
    this.line.join([someone(self), someone('ada')], { publications });
  }

  /** Gives the key of the request. */
  async ask(): Promise<string> {
    void this.remote.ask(desk);
    await pass(0);
    return this.line.of('control.request').at(-1)?.key ?? '';
  }

  grant(key: string, more: object = {}): void {
    this.line.say({
      type: 'control.grant',
      request: 'q1',
      key,
      grant: 'g1',
      publication: 's1',
      participant: self,
      name: 'Me',
      expiresAt: '2026-11-24T11:00:00Z',
      ...more,
    });
  }

  deny(key: string, reason: string): void {
    this.line.say({ type: 'control.deny', request: 'q1', key, publication: 's1', reason });
  }

  revoke(reason: string): void {
    this.line.say({ type: 'control.revoke', grant: 'g1', reason });
  }

  refuse(re: string, code: string, key = ''): void {
    this.line.say({ type: 'error', code, detail: '', re, key });
  }
}
