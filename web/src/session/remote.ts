import { computed, effect, signal, type ReadonlySignal } from '@preact/signals-core';
import { InputQueue } from './inputqueue.ts';
import { makeKey } from './key.ts';
import { asProblem } from './problem.ts';
import type { Line } from './requests.ts';
import type { Cancel, Timers } from './timers.ts';
import type { ControlEnd, ControlRefusal, FromRelay, InputEvent, Publication } from './wire.ts';

/** Whose desktop it is about. */
export interface Desk {
  publication: string;
  /** The presenter's name. */
  name: string;
}

export type RemoteState =
  | { phase: 'idle' }
  /** The presenter is being asked. */
  | ({ phase: 'asking' } & Desk)
  | ({ phase: 'controlling'; grant: string } & Desk);

/** What somebody should hear of: why there is no control, or not any more. */
export interface RemoteNotice extends Desk {
  what: ControlRefusal | ControlEnd | 'conflict' | 'absent' | 'forbidden' | 'pace' | 'failed';
  /** It was granted before. */
  granted: boolean;
}

export interface RemoteDeps {
  line: Line;
  timers: Timers;
  random(): number;
  /** What the presenter's software believes; throws a Problem. */
  token(presenter: string): Promise<string>;
}

/** The relay says after a minute that nobody has answered; this is for a relay that says nothing. */
const patience = 70_000;
/** A network that takes no input is given so long. */
const again = 150;
/** Requests that were given up are remembered, so that a late yes is given back at once. */
const remembered = 16;

const refusals: Readonly<Partial<Record<string, RemoteNotice['what']>>> = {
  conflict: 'conflict',
  'not-found': 'gone',
  unavailable: 'absent',
  'control-denied': 'forbidden',
  'rate-limited': 'pace',
};

/**
 * Remote control as the controller has it. A grant never survives a reconnection.
 *
 *     idle -> asking -> controlling -> idle;  asking -> idle
 */
export class Remote {
  readonly #state = signal<RemoteState>({ phase: 'idle' });
  readonly #notice = signal<RemoteNotice | null>(null);
  /** Grants over this participant's own shares, by publication: its page may end them, too. */
  readonly #given = signal<ReadonlyMap<string, string>>(new Map());
  /** This participant may ask at all. */
  readonly allowed: ReadonlySignal<boolean>;
  readonly #deps: RemoteDeps;
  readonly #queue: InputQueue;
  readonly #stops: Cancel[];
  #key = '';
  #givenUp: string[] = [];
  /** What lets go of each thing that is pressed over there: buttons where the mouse is by then. */
  readonly #pressed = new Map<string, InputEvent>();
  #place = { x: 0, y: 0 };
  /** Lately sent, and lost if the network does not take it. */
  #letGo: InputEvent[] = [];
  #patience: Cancel = () => {};
  #again: Cancel = () => {};

  constructor(deps: RemoteDeps) {
    this.#deps = deps;
    const { line } = deps;
    this.#queue = new InputQueue((events) => this.#pass(events), deps.timers);
    this.allowed = computed(() => {
      const grant = line.grant.value;
      const guest = grant === null || grant.participant.role === 'guest';
      return !guest && grant.permissions.includes('control');
    });
    this.#stops = [
      line.listen((message) => this.#hear(message)),
      effect(() => {
        if (line.state.value.phase !== 'open') this.#end('reconnected');
      }),
    ];
  }

  get state(): ReadonlySignal<RemoteState> {
    return this.#state;
  }

  get notice(): ReadonlySignal<RemoteNotice | null> {
    return this.#notice;
  }

  /** The notice has been read. */
  forgive(): void {
    this.#notice.value = null;
  }

  /** Whether this participant can ask for a share now. */
  askable({ control, controller, participant }: Publication): boolean {
    const self = this.#deps.line.room.value?.self;
    return this.allowed.value && control && controller === '' && participant !== self;
  }

  /** Asks who shares; what becomes of it is in the state and the notice. */
  async ask(share: Publication): Promise<void> {
    if (this.#state.peek().phase !== 'idle' || !this.askable(share)) return;
    const { id, participant, name } = share;
    const key = makeKey(this.#deps.random);
    this.#key = key;
    this.#notice.value = null;
    this.#state.value = { phase: 'asking', publication: id, name };
    this.#patience = this.#deps.timers.after(patience, () => this.#end('expired'));
    let token: string;
    try {
      token = await this.#deps.token(participant);
    } catch (cause) {
      const { code } = asProblem(cause);
      if (this.#key === key)
        this.#end(code === 'not-found' ? 'failed' : (refusals[code] ?? 'failed'));
      return;
    }
    if (this.#key !== key) return;
    const sent = this.#deps.line.send({ type: 'control.request', key, publication: id, token });
    if (!sent) this.#end('failed');
  }

  /** Gives up asking: a yes that comes all the same is given back. */
  cancel(): void {
    if (this.#state.peek().phase !== 'asking') return;
    this.#givenUp = [...this.#givenUp, this.#key].slice(-remembered);
    this.#rest();
  }

  input(event: InputEvent): void {
    if (this.#state.peek().phase !== 'controlling') return;
    this.#remember(event);
    this.#queue.add(event);
  }

  /** Whatever is pressed over there is let go, for example when somebody looks at another window here. */
  letGo(): void {
    for (const event of this.#pressed.values()) {
      this.input(event.kind === 'up' ? { ...event, ...this.#place } : event);
    }
    if (this.#state.peek().phase === 'controlling') this.#queue.hurry();
  }

  /** Lets the other desktop go; what is pressed there has been let go before. */
  stop(): void {
    const state = this.#state.peek();
    if (state.phase !== 'controlling') return;
    this.letGo();
    this.#deps.line.send({ type: 'control.revoke', grant: state.grant });
    this.#rest();
  }

  /** The grant over an own share, or "" where this page does not know of one. */
  given(publication: string): string {
    return this.#given.value.get(publication) ?? '';
  }

  /** Ends somebody's control of an own share. */
  takeBack(publication: string): void {
    const grant = this.given(publication);
    if (grant !== '') this.#deps.line.send({ type: 'control.revoke', grant });
  }

  close(): void {
    this.stop();
    for (const stop of this.#stops) stop();
    this.#rest();
  }

  #hear(message: FromRelay): void {
    switch (message.type) {
      case 'room.state':
        this.#given.value = new Map();
        this.#end('reconnected');
        return;
      case 'control.grant':
        this.#take(message);
        return;
      case 'control.deny':
        if (message.key === this.#key) this.#end(message.reason);
        return;
      case 'control.revoke':
        this.#forget(message.grant);
        if (this.#grant === message.grant) this.#end(message.reason);
        return;
      case 'publication.stopped': {
        const state = this.#state.peek();
        if (state.phase !== 'idle' && state.publication === message.id) this.#end('ended');
        return;
      }
      case 'error':
        this.#refused(message);
        return;
      default:
    }
  }

  #take(message: FromRelay & { type: 'control.grant' }): void {
    const { grant, key, publication, participant } = message;
    if (participant !== this.#deps.line.room.peek()?.self) {
      this.#given.value = new Map(this.#given.peek()).set(publication, grant);
      return;
    }
    const state = this.#state.peek();
    if (state.phase !== 'asking' || key !== this.#key) {
      if (this.#givenUp.includes(key)) {
        this.#deps.line.send({ type: 'control.revoke', grant });
      }
      return;
    }
    this.#patience();
    this.#letGo = [];
    this.#state.value = { phase: 'controlling', grant, publication, name: state.name };
  }

  #refused({ re, code, key }: FromRelay & { type: 'error' }): void {
    const { phase } = this.#state.peek();
    if (re === 'control.request' && phase === 'asking' && (key === '' || key === this.#key)) {
      this.#end(refusals[code] ?? 'failed');
    }
    if (re !== 'control.input' || code !== 'rate-limited' || phase !== 'controlling') return;
    // What was let go here must not stay pressed there.
    const lost = this.#letGo;
    this.#letGo = [];
    this.#again();
    this.#again = this.#deps.timers.after(again, () => {
      for (const event of lost) this.input(event);
    });
  }

  get #grant(): string {
    const state = this.#state.peek();
    return state.phase === 'controlling' ? state.grant : '';
  }

  #pass(events: InputEvent[]): void {
    const grant = this.#grant;
    if (grant === '') return;
    this.#deps.line.send({ type: 'control.input', grant, events });
    const released = events.filter(({ kind }) => kind === 'up' || kind === 'keyup');
    this.#letGo = [...this.#letGo, ...released].slice(-remembered);
  }

  #remember({ kind, code = '', button = 0, x, y }: InputEvent): void {
    const mouse = `mouse ${button}`;
    if (x !== undefined && y !== undefined) this.#place = { x, y };
    switch (kind) {
      case 'keydown':
        this.#pressed.set(code, { kind: 'keyup', code });
        return;
      case 'keyup':
        this.#pressed.delete(code);
        return;
      case 'down':
        this.#pressed.set(mouse, { kind: 'up', button });
        return;
      case 'up':
        this.#pressed.delete(mouse);
        return;
      default:
    }
  }

  #forget(grant: string): void {
    const kept = [...this.#given.peek()].filter(([, other]) => other !== grant);
    if (kept.length < this.#given.peek().size) this.#given.value = new Map(kept);
  }

  #end(what: RemoteNotice['what']): void {
    const state = this.#state.peek();
    if (state.phase === 'idle') return;
    const { publication, name } = state;
    const granted = state.phase === 'controlling';
    this.#rest();
    if (what !== 'released') this.#notice.value = { what, granted, publication, name };
  }

  #rest(): void {
    this.#key = '';
    this.#letGo = [];
    this.#pressed.clear();
    this.#patience();
    this.#again();
    this.#queue.clear();
    this.#state.value = { phase: 'idle' };
  }
}
