import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Screen } from '../screen.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The scenes of the bar, in the order in which the program has them. */
export const scenes = ['still page', 'typing', 'scrolling text', 'moving window'] as const;

export type Scene = (typeof scenes)[number];

/** What was played. */
export interface Played {
  /** When the last picture was drawn, in milliseconds since 1970. */
  last: number;
  /** How many were. */
  drawn: number;
}

/** The brightness of each pixel, as encoders take it. */
export interface Luma {
  width: number;
  height: number;
  bytes: Buffer;
}

/** The program that draws on a screen what is shared: client/cmd/scenes. */
export class Scenes {
  private readonly answers: Interface;
  private waiting: ((answer: string | Error) => void) | null = null;

  private constructor(
    private readonly folder: string,
    private readonly program: ChildProcess,
  ) {
    this.answers = createInterface({ input: program.stdout! });
    this.answers.on('line', (answer) => this.answer(answer));
    program.once('exit', (code) => this.answer(new Error(`client/cmd/scenes ended with ${code}`)));
  }

  static start(screen: Screen): Scenes {
    const folder = mkdtempSync(join(tmpdir(), 'coopnet-scenes-'));
    const program = join(folder, 'scenes');
    execFileSync('go', ['build', '-o', program, './client/cmd/scenes'], { cwd: root, stdio: 'inherit' });
    const env = { ...process.env, DISPLAY: screen.display };
    return new Scenes(folder, spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'], env }));
  }

  /** Shows the first picture of a scene, and prepares so many. */
  async open(scene: number, pictures: number): Promise<void> {
    await this.ask(`open ${scene} ${pictures}`);
  }

  /** Plays the others, thirty a second. */
  async play(): Promise<Played> {
    const [last, drawn] = (await this.ask('play')).split(' ').slice(1).map(Number);
    return { last: last!, drawn: drawn! };
  }

  /** What the screen shows. */
  async luma(): Promise<Luma> {
    const file = join(this.folder, 'luma');
    const [width, height] = (await this.ask(`luma ${file}`)).split(' ').slice(1).map(Number);
    return { width: width!, height: height!, bytes: readFileSync(file) };
  }

  close(): void {
    this.program.kill();
    this.answers.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private ask(command: string): Promise<string> {
    return new Promise((done, fail) => {
      this.waiting = (answer) => (answer instanceof Error ? fail(answer) : done(answer));
      this.program.stdin!.write(`${command}\n`);
    });
  }

  private answer(answer: string | Error): void {
    this.waiting?.(answer);
    this.waiting = null;
  }
}
