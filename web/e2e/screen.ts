import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { until } from './wait.ts';

/** A screen that nobody sees, for a browser that shares what is on it (package xvfb). */
export class Screen {
  private constructor(
    private readonly server: ChildProcess,
    /** Its name, as in DISPLAY. */
    readonly display: string,
    readonly width: number,
    readonly height: number,
  ) {}

  static async open(width: number, height: number): Promise<Screen> {
    const screen = ['-screen', '0', `${width}x${height}x24`];
    const server = spawn('Xvfb', ['-displayfd', '3', ...screen, '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    let failure = '';
    let number = '';
    server.once('error', (error) => (failure = error.message));
    server.once('exit', (code) => (failure ||= `Xvfb ended with ${code}`));
    (server.stdio[3] as Readable).on('data', (said: Buffer) => (number += said.toString()));
    await until('the screen is there', 10_000, () => {
      if (failure) throw new Error(failure);
      return number.endsWith('\n');
    });
    return new Screen(server, `:${number.trim()}`, width, height);
  }

  /** The process of the X server. */
  get pid(): number {
    return this.server.pid!;
  }

  close(): void {
    this.server.kill();
  }
}
