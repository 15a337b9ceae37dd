/** Sockets and connections of the world. */
import type { WayCheck } from '../result.ts';
import { roomState, trip, type World } from './world.ts';

export class FakeSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    setTimeout(() => {
      if (this.readyState !== 0) return;
      if (!world.broken.websocket) {
        this.#drop();
        return;
      }
      world.open++;
      this.readyState = 1;
      this.onopen?.();
    }, trip);
  }

  send(frame: string): void {
    if ((JSON.parse(frame) as { type: string }).type !== 'hello') return;
    setTimeout(() => this.#hear(roomState), trip);
    if (Number.isFinite(this.#world.broken.cutsControl)) {
      setTimeout(() => this.readyState === 1 && this.#drop(), this.#world.broken.cutsControl);
    }
  }

  close(): void {
    if (this.readyState === 1) this.#world.open--;
    this.readyState = 3;
  }

  #hear(message: object): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(message) });
  }

  #drop(): void {
    this.close();
    this.onclose?.({ code: 1006 });
  }
}

/** Connects when one of the ways that are open leads to what it knows of the relay. */
export class FakePeer {
  connectionState: RTCPeerConnectionState = 'new';
  localDescription: { sdp: string } | null = null;
  onconnectionstatechange: (() => void) | null = null;
  onicecandidateerror: ((event: unknown) => void) | null = null;
  onicecandidate: ((event: { candidate: object | null }) => void) | null = null;
  ontrack: ((event: unknown) => void) | null = null;
  readonly #born = performance.now();
  readonly #world: World;
  readonly #configuration: RTCConfiguration;
  #way: WayCheck | null = null;

  constructor(world: World, configuration: RTCConfiguration) {
    this.#world = world;
    this.#configuration = configuration;
  }

  addTransceiver(): object {
    setTimeout(() => {
      const receiver = { jitterBufferTarget: null };
      this.ontrack?.({ track: { kind: 'video' }, receiver });
    }, 2 * trip);
    return { sender: { getParameters: () => ({ encodings: [] }) }, setCodecPreferences: () => {} };
  }

  addIceCandidate(): Promise<void> {
    return Promise.resolve();
  }

  createAnswer(): Promise<object> {
    return Promise.resolve({ type: 'answer', sdp: '' });
  }

  createOffer(): Promise<object> {
    return Promise.resolve({ type: 'offer', sdp: 'offer' });
  }

  setLocalDescription(): Promise<void> {
    this.localDescription = { sdp: 'offer' };
    this.#gather();
    for (const { url, way } of this.#servers()) {
      if (this.#world.broken.ways.includes(way)) continue;
      const error = { url, errorCode: 701, errorText: 'TURN server is not reachable' };
      setTimeout(() => this.onicecandidateerror?.(error), 1000);
    }
    return Promise.resolve();
  }

  setRemoteDescription({ sdp = '' }: RTCSessionDescriptionInit): Promise<void> {
    this.#way = this.#possible(sdp).find((way) => this.#world.broken.ways.includes(way)) ?? null;
    const { cutsMedia } = this.#world.broken;
    if (this.#way === null) {
      setTimeout(() => this.become('failed'), 15_000);
    } else {
      setTimeout(() => this.become('connected'), 3 * trip);
      if (Number.isFinite(cutsMedia)) setTimeout(() => this.become('failed'), cutsMedia);
    }
    return Promise.resolve();
  }

  getStats(): Promise<object[]> {
    const { up, down, limited, loss, rtt } = this.#world.broken;
    const age = performance.now() - this.#born;
    const turn = { turn: 'udp', 'turn-tcp': 'tcp', turns: 'tls' } as const;
    const way = this.#way;
    const local =
      way === 'udp' || way === 'tcp'
        ? { candidateType: 'host', protocol: way }
        : { candidateType: 'relay', protocol: 'udp', relayProtocol: way ? turn[way] : '' };
    return Promise.resolve([
      { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
      { id: 'P', type: 'candidate-pair', localCandidateId: 'L', currentRoundTripTime: rtt },
      { id: 'L', type: 'local-candidate', ...local },
      {
        type: 'outbound-rtp',
        kind: 'video',
        bytesSent: (up / 8) * age,
        packetsSent: 1000,
        qualityLimitationReason: limited,
        encoderImplementation: 'libvpx',
      },
      { type: 'remote-inbound-rtp', kind: 'video', packetsLost: 10 * loss },
      {
        type: 'inbound-rtp',
        kind: 'video',
        bytesReceived: (down / 8) * age,
        packetsReceived: 1000 - 10 * loss,
        packetsLost: 10 * loss,
        jitter: 0.01,
        codecId: 'C',
        decoderImplementation: 'libvpx',
      },
      { id: 'C', type: 'codec', mimeType: 'video/VP9' },
    ]);
  }

  close(): void {
    if (this.connectionState === 'connected') this.#world.open--;
    this.connectionState = 'closed';
  }

  become(state: RTCPeerConnectionState): void {
    if (this.connectionState === 'closed') return;
    if (state === 'connected') this.#world.open++;
    if (state !== 'connected' && this.connectionState === 'connected') this.#world.open--;
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  /** As for a STUN server that sees the outside addresses. */
  #gather(): void {
    const { stun, outside, ways } = this.#world.broken;
    const servers = (this.#configuration.iceServers ?? [])
      .flatMap(({ urls }) => urls)
      .filter((url) => url.startsWith('stun'));
    if (servers.length === 0) return;
    const host = { type: 'host', protocol: 'udp', address: '192.168.1.20', port: 4000 };
    const seen = stun && ways.includes('udp') ? outside.slice(0, servers.length) : [];
    setTimeout(() => {
      this.onicecandidate?.({ candidate: host });
      for (const one of seen) {
        const [address, port] = one.split(' ');
        this.onicecandidate?.({ candidate: { type: 'srflx', protocol: 'udp', address, port } });
      }
      this.onicecandidate?.({ candidate: null });
    }, trip);
  }

  #possible(sdp: string): WayCheck[] {
    const direct = (['udp', 'tcp'] as const).filter((way) => sdp.includes(` 1 ${way} `));
    const relayed = sdp.includes(' 1 udp ') ? this.#servers().map(({ way }) => way) : [];
    return this.#configuration.iceTransportPolicy === 'relay' ? relayed : [...direct, ...relayed];
  }

  #servers(): { url: string; way: WayCheck }[] {
    return (this.#configuration.iceServers ?? [])
      .flatMap(({ urls }) => urls)
      .filter((url) => url.startsWith('turn'))
      .map((url) => ({ url, way: turnWay(url) }));
  }
}

function turnWay(url: string): WayCheck {
  if (url.startsWith('turns:')) return 'turns';
  return url.endsWith('=tcp') ? 'turn-tcp' : 'turn';
}
