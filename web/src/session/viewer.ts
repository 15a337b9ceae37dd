import { signal, type ReadonlySignal } from '@preact/signals-core';
import { MediaLink, type LinkDeps } from './link.ts';

export interface ViewerDeps extends LinkDeps {
  stream(tracks: MediaStreamTrack[]): MediaStream;
  sampled(stats: RTCStatsReport): void;
}

/** Receives the conference's picture and sound over WHEP. */
export class Viewer {
  readonly link: MediaLink;
  readonly #stream = signal<MediaStream | null>(null);
  readonly #deps: ViewerDeps;

  constructor(deps: ViewerDeps) {
    this.#deps = deps;
    this.link = new MediaLink(deps, {
      name: 'view',
      endpoint: ({ relay }) => relay.whep,
      prepare: (peer) => this.#prepare(peer),
      sampled: (stats) => deps.sampled(stats),
      lingers: true,
      giveUpAfter: Infinity,
    });
  }

  /** What to play; the last one stays until a new session's picture arrives, so that its picture stays. */
  get stream(): ReadonlySignal<MediaStream | null> {
    return this.#stream;
  }

  #prepare(peer: RTCPeerConnection): void {
    const tracks: MediaStreamTrack[] = [];
    let playing = false;
    const play = () => {
      playing = true;
      this.#stream.value = this.#deps.stream(tracks);
      this.link.settle();
    };
    peer.ontrack = ({ track, receiver }) => {
      // A shared screen is worked with: what is shown must be what is there now.
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
      tracks.push(track);
      if (playing || this.#stream.value === null) {
        play();
      } else if (track.kind === 'video') {
        track.onunmute = () => {
          track.onunmute = null; // a browser may mute and unmute it again later
          play();
        };
      }
    };
    peer.addTransceiver('video', { direction: 'recvonly' });
    peer.addTransceiver('audio', { direction: 'recvonly' });
  }
}
