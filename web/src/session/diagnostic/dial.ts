/** One connection to a relay, limited to one way: whether media gets through there. */
import { offer, release } from '../exchange.ts';
import { asProblem, type Problem } from '../problem.ts';
import type { Cancel } from '../timers.ts';
import { wayOf, type Way } from '../way.ts';
import type { TestRelay } from './api.ts';
import type { DiagnosticDeps } from './deps.ts';

export interface DialWish {
  relay: TestRelay;
  token: string;
  /** WHIP and WHEP differ in nothing else. */
  share?: boolean;
  iceServers: RTCIceServer[];
  /** Only through a TURN server. */
  relayed: boolean;
  /** Which of the relay's candidates may be tried. */
  keep(candidate: Candidate): boolean;
  /** Is told what the relay offers. */
  heard?(offered: readonly Candidate[]): void;
  /** Adds the tracks before the offer is made; a picture to look at when absent. */
  prepare?(peer: RTCPeerConnection): void;
  milliseconds: number;
}

/** A candidate of the relay's answer. */
export interface Candidate {
  protocol: string;
  address: string;
  port: string;
}

/** The browser's complaint about a TURN or STUN server (RFC 8656 codes, or 701: not reached). */
export interface IceFault {
  url: string;
  code: number;
  text: string;
}

export interface Call {
  peer: RTCPeerConnection;
  way: Way | null;
  took: number;
  /** What the relay offered, before the choice. */
  offered: readonly Candidate[];
  /** Ends the session in order; again is harmless. */
  end(): void;
}

/** Why there is no connection. */
export class Unreached extends Error {
  override name = 'Unreached';
  /** `offer`: the relay refused or did not answer over HTTP; `none`: it offers nothing of the kind; `media`: nothing came. */
  readonly stage: 'offer' | 'none' | 'media' | 'stopped';
  readonly problem: Problem | null;
  readonly faults: readonly IceFault[];

  constructor(
    stage: Unreached['stage'],
    problem: Problem | null,
    faults: readonly IceFault[] = [],
  ) {
    super(`no connection: ${stage} ${problem?.code ?? ''}`);
    this.stage = stage;
    this.problem = problem;
    this.faults = faults;
  }
}

/** Throws Unreached when media does not get through in time, or the signal says stop. */
export async function dial(
  deps: DiagnosticDeps,
  wish: DialWish,
  signal: AbortSignal,
): Promise<Call> {
  const begun = deps.timers.now();
  const faults: IceFault[] = [];
  const peer = deps.peer({
    iceServers: wish.iceServers,
    bundlePolicy: 'max-bundle',
    iceTransportPolicy: wish.relayed ? 'relay' : 'all',
  });
  let location = '';
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    release(deps.fetch, location, wish.token);
    peer.close();
  };
  try {
    peer.onicecandidateerror = ({ url, errorCode, errorText }) => {
      if (faults.length < 8) faults.push({ url, code: errorCode, text: errorText });
    };
    (wish.prepare ?? look)(peer);
    await peer.setLocalDescription(await peer.createOffer());
    const sdp = peer.localDescription?.sdp ?? '';
    const { whip, whep } = wish.relay.relay;
    const endpoint = wish.share ? whip : whep;
    const made = await offer(deps, endpoint, wish.token, sdp, wish.milliseconds).catch(
      (cause: unknown) => {
        throw new Unreached('offer', asProblem(cause));
      },
    );
    location = made.location;
    const { kept, offered } = choose(made.answer, (candidate) => wish.keep(candidate));
    wish.heard?.(offered);
    if (kept === null) throw new Unreached('none', null);
    const connected = connection(deps, peer, wish.milliseconds, signal);
    connected.catch(() => {});
    await peer.setRemoteDescription({ type: 'answer', sdp: kept });
    if (!(await connected)) throw new Unreached(signal.aborted ? 'stopped' : 'media', null, faults);
    const took = Math.round(deps.timers.now() - begun);
    return { peer, way: wayOf(await peer.getStats()), took, offered, end };
  } catch (cause) {
    end();
    if (cause instanceof Unreached) throw cause;
    throw new Unreached('offer', asProblem(cause));
  }
}

function look(peer: RTCPeerConnection): void {
  peer.addTransceiver('video', { direction: 'recvonly' });
}

/** The answer without the candidates that are not wanted; null when none is left. */
export function choose(
  answer: string,
  keep: (candidate: Candidate) => boolean,
): { kept: string | null; offered: Candidate[] } {
  const offered: Candidate[] = [];
  let left = 0;
  const lines = answer.split('\r\n').filter((line) => {
    if (!line.startsWith('a=candidate:')) return true;
    const [, , protocol = '', , address = '', port = ''] = line.split(' ');
    const candidate = { protocol: protocol.toLowerCase(), address, port };
    const known = offered.some(
      (other) => other.protocol === candidate.protocol && other.address === address,
    );
    if (!known) offered.push(candidate);
    if (!keep(candidate)) return false;
    left++;
    return true;
  });
  return { kept: left > 0 ? lines.join('\r\n') : null, offered };
}

/** Whether the connection comes about in time. */
function connection(
  { timers }: DiagnosticDeps,
  peer: RTCPeerConnection,
  milliseconds: number,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((done) => {
    let cancel: Cancel = () => {};
    const settle = (connected: boolean): void => {
      cancel();
      peer.onconnectionstatechange = null;
      signal.removeEventListener('abort', stop);
      done(connected);
    };
    const stop = (): void => settle(false);
    const follow = (): void => {
      if (peer.connectionState === 'connected') settle(true);
      if (peer.connectionState === 'failed' || peer.connectionState === 'closed') settle(false);
    };
    cancel = timers.after(milliseconds, stop);
    signal.addEventListener('abort', stop);
    peer.onconnectionstatechange = follow;
    if (signal.aborted) stop();
    else follow();
  });
}
