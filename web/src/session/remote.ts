import { computed, effect, signal, type ReadonlySignal } from '@preact/signals-core';
import { InputQueue, isRelease } from './inputqueue.ts';
import { makeKey } from './key.ts';
import { asProblem } from './problem.ts';
import type { Line } from './requests.ts';
import { Revocations } from './revocations.ts';
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
  what:
    | ControlRefusal
    | ControlEnd
    | 'conflict'
    | 'absent'
    | 'forbidden'
    | 'pace'
    | 'failed'
    /** The control goes on: some of what was done has not arrived. */
    | 'lossy'
    /** It goes on: a text was too long, and nothing of it was sent. */
    | 'long';
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
/** No keyboard has more keys. */
const remembered = 160;

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
  readonly #revocations: Revocations;
  readonly #stops: Cancel[];
  #key = '';
  /** The relay has the request with this key. */
  #requested = false;
  /** What lets go of each thing that is pressed over there: buttons where the mouse is by then. */
  readonly #pressed = new Map<string, InputEvent>();
  #place = { x: 0, y: 0 };
  /** Lately sent, and lost if the network does not take it. */
  readonly #letGo = new Map<string, InputEvent>();
  /** It was said that some is lost. */
  #lossy = false;
  #patience: Cancel = () => {};
  #again: Cancel | null = null;

  constructor(deps: RemoteDeps) {
    this.#deps = deps;
    const { line } = deps;
    this.#queue = new InputQueue((events) => this.#pass(events), deps.timers);
    this.#revocations = new Revocations(line, deps.timers);
    this.allowed = computed(() => {
      const grant = line.grant.value;
      const guest = grant === null || grant.participant.role === 'guest';
      return !guest && grant.permissions.includes('control');
    });
    this.#stops = [
      line.listen((message) => this.#hear(message)),
      effect(() => {
        if (line.state.value.phase !== 'open') this.#lost();
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
    this.#patience = this.#deps.timers.after(patience, () => {
      this.#withdraw();
      this.#end('expired');
    });
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
    const { line } = this.#deps;
    this.#requested = line.send({ type: 'control.request', key, publication: id, token });
    if (!this.#requested) this.#end('failed');
  }

  /** Gives up asking, so that the question disappears over there. */
  cancel(): void {
    if (this.#state.peek().phase !== 'asking') return;
    this.#withdraw();
    this.#rest();
  }

  input(event: InputEvent): void {
    if (this.#state.peek().phase !== 'controlling') return;
    this.#remember(event);
    this.#queue.add(event);
  }

  /** Types what belongs together: all of it, or nothing and a notice. */
  type(events: readonly InputEvent[]): void {
    const state = this.#state.peek();
    if (state.phase !== 'controlling' || this.#queue.addAll(events)) return;
    const { publication, name } = state;
    this.#notice.value = { what: 'long', granted: true, publication, name };
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
    this.#revocations.add(state.grant);
    this.#rest();
  }

  /** The grant over an own share, or "" where this page does not know of one. */
  given(publication: string): string {
    return this.#given.value.get(publication) ?? '';
  }

  /** Ends somebody's control of an own share. */
  takeBack(publication: string): void {
    const grant = this.given(publication);
    if (grant !== '') this.#revocations.add(grant);
  }

  close(): void {
    this.cancel();
    this.stop();
    for (const stop of this.#stops) stop();
    this.#revocations.clear();
    this.#rest();
  }

  #hear(message: FromRelay): void {
    this.#revocations.hear(message);
    switch (message.type) {
      case 'room.state':
        this.#look(message);
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

  /** What is so now; also said in the middle of a channel that was too slow for the news. */
  #look({ self, publications }: FromRelay & { type: 'room.state' }): void {
    const controllers = new Map(publications.map(({ id, controller }) => [id, controller]));
    const given = [...this.#given.peek()].filter(([id]) => (controllers.get(id) ?? '') !== '');
    this.#given.value = new Map(given);
    const state = this.#state.peek();
    if (state.phase === 'idle') return;
    const controller = controllers.get(state.publication);
    if (controller === undefined) this.#end('ended');
    else if (state.phase === 'controlling' && controller !== self) this.#end('failed');
  }

  #take(message: FromRelay & { type: 'control.grant' }): void {
    const { grant, key, publication, participant } = message;
    if (participant !== this.#deps.line.room.peek()?.self) {
      this.#given.value = new Map(this.#given.peek()).set(publication, grant);
      return;
    }
    const state = this.#state.peek();
    if (grant === this.#grant) return;
    if (state.phase !== 'asking' || key !== this.#key) {
      // Nobody wants it any more.
      this.#revocations.add(grant);
      return;
    }
    this.#patience();
    this.#state.value = { phase: 'controlling', grant, publication, name: state.name };
  }

  #refused({ re, code, key }: FromRelay & { type: 'error' }): void {
    const { phase } = this.#state.peek();
    if (re === 'control.request' && phase === 'asking' && (key === '' || key === this.#key)) {
      this.#end(refusals[code] ?? 'failed');
    }
    if (re !== 'control.input' || phase !== 'controlling') return;
    if (code === 'control-denied') this.#end('failed');
    if (code !== 'rate-limited') return;
    this.#warn();
    // One error comes for each message: what all of them have lost is sent once.
    this.#again ??= this.#deps.timers.after(again, () => {
      this.#again = null;
      this.#repeat();
    });
  }

  /** What was let go here must not stay pressed there, unless it is pressed anew. */
  #repeat(): void {
    const lost = [...this.#letGo];
    this.#letGo.clear();
    for (const [thing, event] of lost) {
      if (this.#pressed.has(thing)) continue;
      this.input(event.kind === 'up' ? { ...event, ...this.#place } : event);
    }
  }

  /** Says once that not everything arrives; a share without a picture says that itself. */
  #warn(): void {
    const state = this.#state.peek();
    if (this.#lossy || state.phase !== 'controlling') return;
    const { publication, name } = state;
    const shares = this.#deps.line.room.peek()?.publications ?? [];
    if (shares.some(({ id, interrupted }) => id === publication && interrupted)) return;
    this.#lossy = true;
    this.#notice.value = { what: 'lossy', granted: true, publication, name };
  }

  get #grant(): string {
    const state = this.#state.peek();
    return state.phase === 'controlling' ? state.grant : '';
  }

  /** False where the network takes nothing now. */
  #pass(events: InputEvent[]): boolean {
    const grant = this.#grant;
    if (grant === '') return true;
    if (!this.#deps.line.send({ type: 'control.input', grant, events })) return false;
    for (const event of events) {
      if (!isRelease(event) || this.#letGo.size >= remembered) continue;
      this.#letGo.set(thingOf(event), event);
    }
    return true;
  }

  #remember(event: InputEvent): void {
    const { kind, code = '', button = 0, x, y } = event;
    const thing = thingOf(event);
    if (x !== undefined && y !== undefined) this.#place = { x, y };
    if (kind === 'keydown') this.#pressed.set(thing, { kind: 'keyup', code });
    else if (kind === 'down') this.#pressed.set(thing, { kind: 'up', button });
    else if (isRelease(event)) this.#pressed.delete(thing);
  }

  #forget(grant: string): void {
    const kept = [...this.#given.peek()].filter(([, other]) => other !== grant);
    if (kept.length < this.#given.peek().size) this.#given.value = new Map(kept);
  }

  /** Takes the question away over there; a yes that has crossed this is over, too. */
  #withdraw(): void {
    if (!this.#requested) return;
    this.#requested = false;
    this.#deps.line.send({ type: 'control.withdraw', key: this.#key });
  }

  /** Nothing survives the channel. */
  #lost(): void {
    this.#given.value = new Map();
    this.#revocations.clear();
    this.#end('reconnected');
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
    this.#requested = false;
    this.#lossy = false;
    this.#letGo.clear();
    this.#pressed.clear();
    this.#patience();
    this.#again?.();
    this.#again = null;
    this.#queue.clear();
    this.#state.value = { phase: 'idle' };
  }
}

/** A key, or a button of the mouse. */
function thingOf({ kind, code = '', button = 0 }: InputEvent): string {
  return kind === 'up' || kind === 'down' ? `mouse ${button}` : code;
}
