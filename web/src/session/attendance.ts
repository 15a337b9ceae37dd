import { computed, effect, signal, type ReadonlySignal } from '@preact/signals-core';
import type { JoinToken } from './api.ts';
import { ControlChannel, type ControlDeps } from './control.ts';
import type { Problem } from './problem.ts';
import { Gate } from './gate.ts';
import { Publisher, type PublisherDeps } from './publisher.ts';
import { Reach } from './reach.ts';
import { viewed, type Room } from './room.ts';
import { pictureOf } from './stats.ts';
import type { Cancel } from './timers.ts';
import { Viewer, type ViewerDeps } from './viewer.ts';
import { Watchdog, type Picture } from './watchdog.ts';
import type { Publication } from './wire.ts';

/** What the guest is told, in one word. */
export type Standing =
  | 'lobby'
  | 'connecting'
  | 'waiting'
  | 'live'
  | 'reconnecting'
  | 'frozen'
  | 'ended'
  | 'removed'
  | 'replaced';

/** Why, where one word has several reasons. */
export type Reason =
  | ''
  | 'first-picture'
  | 'stopped'
  | 'control'
  | 'media'
  | 'undecodable'
  | 'black'
  | 'presenter'
  | 'format'
  | 'blocked'
  | 'trouble'
  | 'locked'
  | 'refused'
  /** It was over when the connection came back. */
  | 'missed';

export interface Status {
  standing: Standing;
  reason: Reason;
  problem: Problem | null;
}

export type AttendanceDeps = Omit<ControlDeps, 'reach'> &
  PublisherDeps &
  Omit<ViewerDeps, 'sampled'> & {
    /** Throws the problem `waiting` while nobody has let this guest in. */
    token(milliseconds: number): Promise<JoinToken>;
    /** Whether this browser can show the format, for example "VP9". */
    shows(format: string): boolean;
  };

/** A picture that stays undecodable for this long is asked for in a new session… */
const renewAfter = 3000;
/** …but not more often than this. */
const renewEvery = 15_000;
const judgeEvery = 1000;

/** One participant's presence in the conference: control channel, picture, own share. */
export class Attendance {
  readonly gate: Gate;
  readonly control: ControlChannel;
  readonly viewer: Viewer;
  readonly publisher: Publisher;
  readonly status: ReadonlySignal<Status>;
  readonly viewed: ReadonlySignal<Publication | null>;
  readonly #deps: AttendanceDeps;
  readonly #watchdog = new Watchdog();
  readonly #picture = signal<Picture>('none');
  /** Somebody shared while we were here. */
  readonly #hadShare = signal(false);
  readonly #stops: Cancel[] = [];
  #judging: Cancel = () => {};
  #lostSince: number | null = null;
  #renewedAt = -Infinity;

  constructor(deps: AttendanceDeps) {
    this.#deps = deps;
    this.gate = new Gate(deps);
    const reach = new Reach((milliseconds) => this.gate.token(milliseconds));
    const gated = { ...deps, reach, token: (milliseconds: number) => reach.token(milliseconds) };
    this.control = new ControlChannel(gated);
    this.viewer = new Viewer({
      ...gated,
      sampled: (stats) => this.#sampled(stats),
    });
    this.publisher = new Publisher(gated);
    this.viewed = computed(() => {
      const room = this.control.room.value;
      return room === null ? null : viewed(room);
    });
    this.status = computed(() =>
      statusOf({
        held: this.gate.waiting.value,
        control: this.control.state.value,
        view: this.viewer.link.state.value,
        picture: this.#picture.value,
        room: this.control.room.value,
        hadShare: this.#hadShare.value,
        share: this.viewed.value,
        shows: deps.shows,
      }),
    );
  }

  open(): void {
    this.#stops.push(
      this.#followShares(),
      this.#followControl(),
      this.#followView(),
      this.#followNeed(),
      this.#report(),
    );
    this.#judge();
    this.control.open();
    this.viewer.link.open();
  }

  /** Goes: gives both media sessions back and says goodbye. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#judging();
    this.publisher.stop();
    this.viewer.link.close();
    this.control.close();
    this.gate.close();
  }

  /** The page was hidden or the network changed: do not wait for the next attempt. */
  wake(): void {
    this.gate.askNow();
    this.control.retryNow();
    this.viewer.link.retryNow();
    this.publisher.link?.retryNow();
  }

  /** A sample of the shown picture, or null when there was none to take. */
  look(black: boolean | null): void {
    this.#picture.value = this.#watchdog.look(black, this.#deps.timers.now());
  }

  #followShares(): Cancel {
    return effect(() => {
      const share = this.viewed.value;
      if (share === null) this.viewer.link.settle();
      else this.#hadShare.value = true;
      this.#picture.value = this.#watchdog.follow(share?.id ?? '', this.#deps.timers.now());
    });
  }

  #followControl(): Cancel {
    let lostAt: number | null = null;
    let instance = '';
    return effect(() => {
      const state = this.control.state.value;
      if (state.phase === 'lost') {
        lostAt ??= this.#deps.timers.now();
      } else if (state.phase === 'open') {
        const before = instance;
        instance = this.control.room.peek()?.instance ?? '';
        if (lostAt !== null && before !== instance) {
          this.viewer.link.renew(lostAt);
          this.publisher.link?.renew(lostAt);
        } else if (lostAt !== null) {
          this.viewer.link.retryNow();
          this.publisher.link?.retryNow();
        }
        lostAt = null;
      } else if (state.phase === 'closed') {
        this.publisher.stop();
        this.viewer.link.close();
      }
    });
  }

  #followView(): Cancel {
    let phase = '';
    return effect(() => {
      const before = phase;
      phase = this.viewer.link.state.value.phase;
      if (phase === 'connected' && before !== 'interrupted') {
        this.#watchdog.renew(this.#deps.timers.now());
      }
    });
  }

  /** The low picture is sent while somebody needs it. */
  #followNeed(): Cancel {
    return effect(() => {
      const room = this.control.room.value;
      const own = room?.publications.filter(({ participant }) => participant === room.self) ?? [];
      this.publisher.sendLow(own.some(({ low }) => low));
    });
  }

  #report(): Cancel {
    let told = '';
    return effect(() => {
      const { standing, reason, problem } = this.status.value;
      const line = `${standing} ${reason}`;
      if (line === told) return;
      told = line;
      const level = standing === 'frozen' || standing === 'reconnecting' ? 'warn' : 'info';
      this.#deps.log(level, `tool: ${standing}`, { reason, code: problem?.code ?? '' });
    });
  }

  #sampled(stats: RTCStatsReport): void {
    const counts = pictureOf(stats);
    if (counts !== null) {
      this.#picture.value = this.#watchdog.observe(counts, this.#deps.timers.now());
    }
  }

  #judge(): void {
    const now = this.#deps.timers.now();
    this.#picture.value = this.#watchdog.judge(now);
    if (this.#picture.value === 'undecodable') this.#lostSince ??= now;
    else this.#lostSince = null;
    const lost = this.#lostSince !== null && now - this.#lostSince >= renewAfter;
    const share = this.viewed.peek();
    const showable = share !== null && !share.interrupted && this.#deps.shows(share.video);
    const connected = this.viewer.link.state.peek().phase === 'connected';
    const joined = this.control.state.peek().phase === 'open';
    if (lost && showable && connected && joined && now - this.#renewedAt >= renewEvery) {
      this.#renewedAt = now;
      this.viewer.link.restart('no picture');
    }
    this.#judging = this.#deps.timers.after(judgeEvery, () => this.#judge());
  }
}

interface Facts {
  /** Somebody has to let the guest in. */
  held: boolean;
  control: ControlChannel['state']['value'];
  view: Viewer['link']['state']['value'];
  picture: Picture;
  room: Room | null;
  hadShare: boolean;
  share: Publication | null;
  shows(format: string): boolean;
}

function status(standing: Standing, reason: Reason = '', problem: Problem | null = null): Status {
  return { standing, reason, problem };
}

/**
 * The portal does not say why it does not open a conference any more. To who was in, it is over: it has ended, or they were taken out
 * of it while they had no connection.
 */
function refused(room: Room | null, problem: Problem | null): Status {
  const over = room !== null && problem?.code === 'conference-denied';
  return status('ended', over ? 'missed' : 'refused', problem);
}

/** The one place that decides what the guest is told. */
export function statusOf(facts: Facts): Status {
  const { control, view, picture, room, hadShare, share } = facts;
  if (control.phase === 'closed') {
    if (control.reason === 'removed' || control.reason === 'replaced') {
      return status(control.reason);
    }
    if (control.reason === 'locked') return status('ended', 'locked');
    return control.reason === 'refused' ? refused(room, control.problem) : status('ended');
  }
  if (view.phase === 'closed') return refused(room, view.problem);
  if (facts.held && control.phase !== 'open') return status('lobby');
  if (control.phase === 'lost') return status('reconnecting', 'control');
  if (view.phase === 'interrupted' || view.phase === 'reconnecting') {
    return status('reconnecting', 'media');
  }
  if (control.phase === 'connecting' || room === null) {
    const { problem } = control.phase === 'connecting' ? control : { problem: null };
    return problem === null ? status('connecting') : status('connecting', 'trouble', problem);
  }
  if (view.phase === 'connecting') return status('connecting', view.blocked ? 'blocked' : '');
  if (share !== null && picture !== 'none' && !facts.shows(share.video)) {
    return status('frozen', 'format');
  }
  if (share?.interrupted && picture !== 'none') return status('frozen', 'presenter');
  switch (picture) {
    case 'none':
      return view.phase === 'connected'
        ? status('waiting', hadShare ? 'stopped' : '')
        : status('connecting');
    case 'starting':
      return status('connecting', 'first-picture');
    case 'undecodable':
    case 'black':
      return status('frozen', picture);
    case 'moving':
      return status('live');
  }
}
