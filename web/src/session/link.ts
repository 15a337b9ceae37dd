import { signal, type ReadonlySignal } from '@preact/signals-core';
import { isFinal, type JoinToken } from './api.ts';
import { backoff, patience } from './backoff.ts';
import { offer, release } from './exchange.ts';
import type { Log } from './log.ts';
import { asProblem, Problem } from './problem.ts';
import type { Fetch } from './request.ts';
import { activityOf } from './stats.ts';
import type { Cancel, Timers } from './timers.ts';
import { sameWay, wayOf, type Way } from './way.ts';

export type LinkState =
  | { phase: 'idle' }
  /** `blocked`: the relay answered, but media has not got through. */
  | { phase: 'connecting'; blocked: boolean }
  | { phase: 'connected' }
  /** Nothing comes from the relay; it may heal by itself. */
  | { phase: 'interrupted' }
  /** A new session is being made. */
  | { phase: 'reconnecting'; attempt: number }
  | { phase: 'closed'; problem: Problem | null };

export interface LinkDeps {
  token(milliseconds: number): Promise<JoinToken>;
  fetch: Fetch;
  peer(configuration: RTCConfiguration): RTCPeerConnection;
  timers: Timers;
  random(): number;
  log: Log;
}

export interface LinkPurpose {
  /** For the log: "view" or "share". */
  name: string;
  endpoint(token: JoinToken): string;
  /** Adds the tracks before the offer is made. */
  prepare(peer: RTCPeerConnection): void;
  /** Called about once a second while there is a connection. */
  sampled(stats: RTCStatsReport): void;
  /** A lost session's connection stays open until `settle`: a browser blackens the picture of a closed one. */
  lingers: boolean;
  /** A loss that lasts longer ends the link; Infinity tries for ever. */
  giveUpAfter: number;
}

/** How long a silent network may take to heal before a new session is made. */
const heal = 4000;
/** The relay speaks each second to everybody; two of its words may be lost. */
const silence = 3000;
const sampleEvery = 1000;
/** An attempt younger than this was made on a living network and is left alone. */
const promising = 1500;

interface Session {
  peer: RTCPeerConnection;
  token: string;
  location: string;
  /** Was connected: its picture may be in sight. */
  shown: boolean;
}

/**
 * One media session with the relay (WHEP or WHIP), made again with a fresh token when it is lost.
 *
 *     idle -> connecting -> connected <-> interrupted -> reconnecting -> connected;  any -> closed
 */
export class MediaLink {
  readonly #state = signal<LinkState>({ phase: 'idle' });
  readonly #way = signal<Way | null>(null);
  readonly #deps: LinkDeps;
  readonly #purpose: LinkPurpose;
  #session: Session | null = null;
  /** A lost session whose last picture is still shown. */
  #lingering: Session | null = null;
  /** Counts sessions ever begun; what belongs to an older one is ignored. */
  #epoch = 0;
  #attempt = 0;
  #begunAt = -Infinity;
  #givingUp: Cancel | null = null;
  #activity = { count: 0, at: 0 };
  #timer: Cancel = () => {};
  #sampling: Cancel = () => {};
  /** Counts samples ever planned; one that was overtaken plans no other. */
  #sampled = 0;

  constructor(deps: LinkDeps, purpose: LinkPurpose) {
    this.#deps = deps;
    this.#purpose = purpose;
  }

  get state(): ReadonlySignal<LinkState> {
    return this.#state;
  }

  /** By which way media travels, as of the last sample; null without a connection. */
  get way(): ReadonlySignal<Way | null> {
    return this.#way;
  }

  open(): void {
    if (this.#state.value.phase !== 'idle') return;
    this.#state.value = { phase: 'connecting', blocked: false };
    void this.#connect();
  }

  /** Ends the link and gives the session back to the relay. */
  close(problem: Problem | null = null): void {
    if (this.#state.value.phase === 'closed') return;
    this.#drop();
    this.#recovered();
    this.settle();
    this.#state.value = { phase: 'closed', problem };
    this.#deps.log('info', `${this.#purpose.name}: closed`, { code: problem?.code ?? '' });
  }

  /** Makes a new session now. */
  restart(why: string): void {
    const { phase } = this.#state.value;
    if (phase === 'idle' || phase === 'closed') return;
    this.#attempt = 0;
    this.#again(why, null, 0);
  }

  /**
   * Another relay answers, and knows nothing of a session begun before `lostAt`: makes a new one,
   * and gives nothing back. A session begun since is that relay's own.
   */
  renew(lostAt: number): void {
    if (this.#begunAt >= lostAt) return;
    if (this.#session !== null) this.#session.location = '';
    this.restart('another relay');
  }

  /** The network is back, or the page is looked at again: a link that waits tries at once. */
  retryNow(): void {
    const { phase } = this.#state.value;
    if (phase === 'reconnecting' && this.#deps.timers.now() - this.#begunAt > promising) {
      this.restart('the network is back');
    }
  }

  /** What a lost session showed last is no longer needed. */
  settle(): void {
    this.#lingering?.peer.close();
    this.#lingering = null;
  }

  async #connect(): Promise<void> {
    const epoch = ++this.#epoch;
    this.#begunAt = this.#deps.timers.now();
    const stale = () => epoch !== this.#epoch;
    const allowed = patience(this.#attempt);
    try {
      const grant = await this.#deps.token(allowed);
      if (stale()) return;
      const peer = this.#deps.peer({ iceServers: grant.iceServers, bundlePolicy: 'max-bundle' });
      const session: Session = { peer, token: grant.token, location: '', shown: false };
      this.#session = session;
      this.#watch(peer, stale);
      this.#purpose.prepare(peer);
      await peer.setLocalDescription(await peer.createOffer());
      if (stale()) return;
      // The relay is ICE-lite and names its candidates in the answer: nothing to gather or to wait for.
      const sdp = peer.localDescription?.sdp ?? '';
      const endpoint = this.#purpose.endpoint(grant);
      const made = await offer(this.#deps, endpoint, grant.token, sdp, allowed);
      if (stale()) {
        release(this.#deps.fetch, made.location, grant.token);
        return;
      }
      session.location = made.location;
      await peer.setRemoteDescription({ type: 'answer', sdp: made.answer });
      if (stale()) return;
      this.#timer = this.#deps.timers.after(allowed + 5000, () => {
        if (stale()) return;
        if (this.#state.value.phase === 'connecting') {
          this.#state.value = { phase: 'connecting', blocked: true };
        }
        this.#again('media did not connect');
      });
    } catch (cause) {
      if (stale()) return;
      const problem = asProblem(cause);
      if (isFinal(problem)) this.close(problem);
      else this.#again(`refused: ${problem.code}`, problem);
    }
  }

  #watch(peer: RTCPeerConnection, stale: () => boolean): void {
    peer.onconnectionstatechange = () => {
      if (stale()) return;
      switch (peer.connectionState) {
        case 'connected':
          this.#connected(peer, stale);
          return;
        case 'disconnected':
          this.#interrupted(stale);
          return;
        case 'failed':
        case 'closed':
          this.#again(`connection ${peer.connectionState}`);
          return;
        default:
      }
    };
  }

  #connected(peer: RTCPeerConnection, stale: () => boolean): void {
    this.#timer();
    if (this.#session !== null) this.#session.shown = true;
    const lost = this.#lingering;
    // Once more: the first time it may have gone into a dead network, and the relay would send everything twice.
    if (lost !== null) release(this.#deps.fetch, lost.location, lost.token);
    this.#attempt = 0;
    this.#recovered();
    this.#activity = { count: 0, at: this.#deps.timers.now() };
    this.#state.value = { phase: 'connected' };
    this.#deps.log('info', `${this.#purpose.name}: connected`);
    this.#sampling();
    this.#sample(peer, stale);
    const transport = (peer.getReceivers()[0] ?? peer.getSenders()[0])?.transport;
    if (!transport) return;
    // A relay that goes away in order says so here, seconds before ICE notices.
    transport.onstatechange = () => {
      if (!stale() && (transport.state === 'closed' || transport.state === 'failed')) {
        this.#again(`transport ${transport.state}`);
      }
    };
  }

  #interrupted(stale: () => boolean): void {
    if (this.#state.value.phase === 'interrupted') return;
    this.#lost();
    this.#state.value = { phase: 'interrupted' };
    this.#deps.log('warn', `${this.#purpose.name}: interrupted`);
    this.#timer();
    this.#timer = this.#deps.timers.after(heal, () => {
      if (!stale()) this.#again('did not heal');
    });
  }

  #again(
    why: string,
    problem: Problem | null = null,
    least = backoff(this.#attempt, this.#deps.random),
  ): void {
    this.#lost();
    this.#drop();
    const attempt = this.#attempt++;
    const pause = Math.max(least, (problem?.retryAfter ?? 0) * 1000);
    if (pause > this.#purpose.giveUpAfter) {
      this.close(problem);
      return;
    }
    if (this.#state.value.phase !== 'connecting') {
      this.#state.value = { phase: 'reconnecting', attempt };
    }
    this.#deps.log('warn', `${this.#purpose.name}: new session`, { why, attempt, pause });
    this.#timer = this.#deps.timers.after(pause, () => void this.#connect());
  }

  /** From now on the loss is timed, whatever the attempts are waiting for. */
  #lost(): void {
    const { giveUpAfter } = this.#purpose;
    if (!Number.isFinite(giveUpAfter)) return;
    this.#givingUp ??= this.#deps.timers.after(giveUpAfter, () =>
      this.close(new Problem('network')),
    );
  }

  #recovered(): void {
    this.#givingUp?.();
    this.#givingUp = null;
  }

  #drop(): void {
    this.#epoch++;
    this.#begunAt = -Infinity;
    this.#timer();
    this.#sampling();
    this.#way.value = null;
    const session = this.#session;
    this.#session = null;
    if (session === null) return;
    // In this order: the relay forgets a session whose connection was closed, and would answer 404.
    release(this.#deps.fetch, session.location, session.token);
    if (this.#purpose.lingers && this.#lingering === null && session.shown) {
      this.#lingering = session;
    } else {
      session.peer.close();
    }
  }

  #sample(peer: RTCPeerConnection, stale: () => boolean): void {
    const number = ++this.#sampled;
    this.#sampling = this.#deps.timers.after(sampleEvery, () => {
      peer.getStats().then(
        (stats) => {
          if (stale() || number !== this.#sampled) return;
          this.#judgeActivity(activityOf(stats), peer, stale);
          this.#follow(wayOf(stats));
          this.#purpose.sampled(stats);
          this.#sample(peer, stale);
        },
        () => {},
      );
    });
  }

  #follow(way: Way | null): void {
    if (sameWay(way, this.#way.value)) return;
    this.#way.value = way;
    this.#deps.log('info', `${this.#purpose.name}: way`, {
      way: way?.kind ?? '',
      port: way?.port ?? 0,
    });
  }

  /** Browsers take 5 to 7 s to notice that nothing comes any more, and a still picture looks well meanwhile. */
  #judgeActivity(count: number, peer: RTCPeerConnection, stale: () => boolean): void {
    const { phase } = this.#state.value;
    const now = this.#deps.timers.now();
    if (count !== this.#activity.count) {
      this.#activity = { count, at: now };
      if (phase === 'interrupted' && peer.connectionState === 'connected') this.#healed();
    } else if (phase === 'connected' && now - this.#activity.at >= silence) {
      this.#interrupted(stale);
    }
  }

  #healed(): void {
    this.#timer();
    this.#recovered();
    this.#state.value = { phase: 'connected' };
    this.#deps.log('info', `${this.#purpose.name}: healed`);
  }
}
