/** A portal, its relays and the network between, as healthy or broken as a test wants them. */
import { problemResponse } from '../../testing/transports.ts';
import { systemTimers } from '../../timers.ts';
import type { DiagnosticDeps, FullDeps } from '../deps.ts';
import { FakePeer, FakeSocket } from './fakes.ts';
import { Pictures } from './pictures.ts';
import type { WayCheck } from '../result.ts';

export interface Broken {
  secure: boolean;
  webrtc: 'on' | 'off' | 'none';
  cookies: boolean;
  decodes: string[];
  encodes: string[];
  online: boolean;
  agent: string;
  api: 'on' | 'silent' | 'hangs' | 'busy';
  /** Milliseconds that this computer's clock is ahead. */
  ahead: number;
  /** Relays whose web side does not answer. */
  silent: string[];
  websocket: boolean;
  poll: boolean;
  ways: WayCheck[];
  relays: string[];
  candidates: string[];
  turn: string[];
  mss: number;
  proxied: boolean;
  /** Milliseconds after which quiet connections are cut. */
  cutsMedia: number;
  cutsControl: number;
  /** Outside addresses that a STUN server sees, one for each server asked at once. */
  outside: string[];
  stun: boolean;
  /** Kilobits a second, out and in. */
  up: number;
  down: number;
  limited: string;
  loss: number;
  rtt: number;
  releases: string[];
}

export const healthy: Broken = {
  secure: true,
  webrtc: 'on',
  cookies: true,
  decodes: ['VP8', 'VP9', 'H264', 'AV1', 'rtx'],
  encodes: ['VP8', 'VP9', 'H264', 'AV1', 'rtx'],
  online: true,
  agent:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  api: 'on',
  ahead: 0,
  silent: [],
  websocket: true,
  poll: true,
  ways: ['udp', 'tcp', 'turn', 'turn-tcp', 'turns'],
  relays: ['eu-1'],
  candidates: ['udp 192.0.2.7', 'tcp 192.0.2.7', 'udp 2001:db8::7'],
  turn: [
    'turn:{host}:3478?transport=udp',
    'turn:{host}:3478?transport=tcp',
    'turns:{host}:443?transport=tcp',
  ],
  mss: 1448,
  proxied: false,
  cutsMedia: Infinity,
  cutsControl: Infinity,
  outside: ['198.51.100.4 4001', '198.51.100.4 4001', '198.51.100.4 4001'],
  stun: true,
  up: 5000,
  down: 5000,
  limited: 'none',
  loss: 0,
  rtt: 0.03,
  releases: ['linux-amd64'],
};

/** Milliseconds that a request takes. */
export const trip = 20;

export class World {
  readonly broken: Broken;
  readonly asked: string[] = [];
  /** Connections and sockets that are open. */
  open = 0;
  #tokens = 0;
  /** The time there, whatever this computer's clock says. */
  readonly #born = Date.parse('2026-11-24T09:00:00Z');
  readonly #bornAt = performance.now();

  constructor(broken: Partial<Broken> = {}) {
    this.broken = { ...healthy, ...broken };
  }

  get deps(): DiagnosticDeps {
    const { broken } = this;
    const video = (names: string[]) => ({
      getCapabilities: () => ({
        codecs: names.map((name) => ({ mimeType: `video/${name}`, clockRate: 90000 })),
        headerExtensions: [],
      }),
    });
    const browser = {
      isSecureContext: broken.secure,
      navigator: {
        cookieEnabled: broken.cookies,
        onLine: broken.online,
        userAgent: broken.agent,
        language: 'fr',
        languages: ['fr', 'en'],
        hardwareConcurrency: 8,
        maxTouchPoints: 0,
        mediaDevices: { getDisplayMedia: () => {} },
      },
      RTCRtpReceiver: video(broken.decodes),
      RTCRtpSender: video(broken.encodes),
      ...(broken.webrtc === 'none' ? {} : { RTCPeerConnection: FakePeer }),
    };
    return {
      fetch: (url, init) => this.#fetch(url, init),
      timers: systemTimers,
      now: () => this.now() + broken.ahead,
      random: () => 0.5,
      browser: browser as unknown as DiagnosticDeps['browser'],
      socket: () => new FakeSocket(this) as unknown as WebSocket,
      peer: (configuration) => {
        if (broken.webrtc === 'off') throw new DOMException('', 'NotAllowedError');
        return new FakePeer(this, configuration) as unknown as RTCPeerConnection;
      },
    };
  }

  readonly pictures = new Pictures();
  storage: Storage | null = memory();
  capture: FullDeps['capture'] = () => Promise.reject(new DOMException('', 'NotAllowedError'));

  get full(): FullDeps {
    return {
      ...this.deps,
      storage: this.storage,
      easel: this.pictures.easel,
      reader: this.pictures.reader,
      capture: (options) => this.capture(options),
    };
  }

  now(): number {
    return this.#born + performance.now() - this.#bornAt;
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { pathname, hostname } = new URL(url, 'https://portal.example');
    this.asked.push(`${init.method ?? 'GET'} ${hostname}${pathname}`);
    await pause(trip / 2, init.signal);
    const answer = hostname === 'portal.example' ? this.#portal(pathname) : null;
    const response = answer ?? this.#relay(hostname, pathname, init);
    if (response === 'hangs') return never(init.signal);
    await pause(trip / 2, init.signal);
    return response;
  }

  #portal(path: string): Response | 'hangs' {
    const { broken } = this;
    if (!broken.online || broken.api === 'silent') throw new TypeError('Failed to fetch');
    if (broken.api === 'hangs') return 'hangs';
    if (broken.api === 'busy') return problemResponse(429, 'rate-limited', { 'Retry-After': '60' });
    if (path === '/api/v1/diagnostics/sessions') return json(201, this.#session());
    if (path.endsWith('/tokens')) {
      return json(201, { token: `token-${++this.#tokens}`, expiresAt: this.#at(120) });
    }
    if (path === '/api/v1/software') {
      const releases = broken.releases.map((platform) => ({ platform, version: '1.4.0' }));
      return json(200, { releases });
    }
    return problemResponse(404, 'not-found');
  }

  #session(): object {
    return {
      id: 'test-session',
      serverTime: this.#at(0),
      expiresAt: this.#at(900),
      client: { address: '198.51.100.4', family: 'ipv4' },
      relays: this.broken.relays.map((id) => ({
        id,
        region: `region of ${id}`,
        relay: {
          whip: `https://${id}.example/whip`,
          whep: `https://${id}.example/whep`,
          control: `wss://${id}.example/control`,
        },
        iceServers: [
          {
            urls: this.broken.turn.map((url) => url.replace('{host}', `${id}.example`)),
            username: 'user',
            credential: 'secret',
          },
        ],
      })),
    };
  }

  #relay(host: string, path: string, init: RequestInit): Response | 'hangs' {
    const { broken } = this;
    const relay = host.replace('.example', '');
    if (!broken.online || broken.silent.includes(relay)) throw new TypeError('Failed to fetch');
    if (init.method === 'DELETE') return new Response(null, { status: 204 });
    if (path === '/measure') {
      const { mss, proxied } = broken;
      const address = '198.51.100.4';
      return json(200, { serverTime: this.#at(0), address, family: 'ipv4', mss, proxied });
    }
    if (path === '/whep' || path === '/whip') {
      return new Response(this.#answer(), { status: 201, headers: { Location: `${path}/secret` } });
    }
    if (path.startsWith('/control')) return this.#poll(path, init);
    return problemResponse(404, 'not-found');
  }

  #answer(): string {
    const lines = this.broken.candidates.map((candidate, at) => {
      const [protocol, address] = candidate.split(' ');
      const typ = protocol === 'tcp' ? 'typ host tcptype passive' : 'typ host';
      return `a=candidate:${at} 1 ${protocol} 100 ${address} 7882 ${typ}`;
    });
    return ['v=0', 'm=video 9 UDP/TLS/RTP/SAVPF 98', ...lines, ''].join('\r\n');
  }

  #poll(path: string, init: RequestInit): Response | 'hangs' {
    if (!this.broken.poll) throw new TypeError('Failed to fetch');
    if (init.method !== 'POST') return 'hangs';
    const room = { after: 0, messages: [roomState] };
    return json(path === '/control' ? 201 : 204, room, { Location: '/control/secret' });
  }

  #at(seconds: number): string {
    return new Date(this.now() + seconds * 1000).toISOString();
  }
}

export const roomState = {
  type: 'room.state',
  instance: 'r1',
  conference: 'test-session',
  self: 'p-4Zr0',
  current: '',
  selected: '',
  participants: [],
  publications: [],
};

function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
}

function json(status: number, body: object, headers: Record<string, string> = {}): Response {
  if (status === 204) return new Response(null, { status });
  return new Response(JSON.stringify(body), { status, headers });
}

function pause(milliseconds: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((done, fail) => {
    const abort = () => fail(new DOMException('aborted', 'AbortError'));
    setTimeout(done, milliseconds);
    signal?.addEventListener('abort', abort);
  });
}

function never(signal?: AbortSignal | null): Promise<Response> {
  return new Promise((_, fail) => {
    const abort = () => fail(new DOMException('aborted', 'AbortError'));
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
  });
}
