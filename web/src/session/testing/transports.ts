/** Scripted transports for the tests: what the network and the browser would do, on demand. */
import { vi } from 'vitest';
import type { JoinToken } from '../api.ts';

export function joinToken(number = 1, permissions = ['view', 'share']): JoinToken {
  return {
    token: `token-${number}`,
    participant: { id: 'p-4Zr0', name: 'Mr James BOND', role: 'guest' },
    permissions,
    relay: {
      whip: 'https://relay.example/whip',
      whep: 'https://relay.example/whep',
      control: 'wss://relay.example/control',
    },
    iceServers: [],
    alternates: [],
  };
}

export class ScriptedSocket {
  readyState = 0;
  readonly sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly url: string;
  readonly protocol: string;

  constructor(url: string, protocol: string) {
    this.url = url;
    this.protocol = protocol;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  drop(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  send(frame: string): void {
    this.sent.push(JSON.parse(frame));
  }

  close(): void {
    this.readyState = 3;
  }
}

export class ScriptedPeer {
  connectionState: RTCPeerConnectionState = 'new';
  localDescription: { sdp: string } | null = null;
  remote: unknown = null;
  closed = false;
  readonly transceivers: { kind: unknown; init: RTCRtpTransceiverInit | undefined }[] = [];
  readonly codecs: unknown[] = [];
  /** What senders were set to, by their transceiver's number. */
  readonly set: { transceiver: number; parameters: RTCRtpSendParameters }[] = [];
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: unknown) => void) | null = null;
  stats: object[] = [];

  addTransceiver(kind: unknown, init?: RTCRtpTransceiverInit): object {
    const transceiver = this.transceivers.push({ kind, init }) - 1;
    const encodings = (init?.sendEncodings ?? []).map((encoding) => ({ ...encoding }));
    let busy = false;
    return {
      mid: String(transceiver),
      sender: {
        transport: null,
        getParameters: () => ({ encodings: encodings.map((encoding) => ({ ...encoding })) }),
        // Chromium refuses a change while another one is being made.
        setParameters: async (parameters: RTCRtpSendParameters) => {
          if (busy) throw new DOMException('', 'InvalidStateError');
          busy = true;
          this.set.push({ transceiver, parameters });
          await Promise.resolve();
          busy = false;
        },
      },
      setCodecPreferences: (codecs: unknown) => this.codecs.push(codecs),
    };
  }

  createOffer(): Promise<{ type: string; sdp: string }> {
    return Promise.resolve({ type: 'offer', sdp: 'offer-sdp' });
  }

  setLocalDescription(offer: { sdp: string }): Promise<void> {
    this.localDescription = offer;
    return Promise.resolve();
  }

  setRemoteDescription(answer: unknown): Promise<void> {
    this.remote = answer;
    return Promise.resolve();
  }

  getReceivers(): object[] {
    return [];
  }

  getSenders(): object[] {
    return [];
  }

  getStats(): Promise<object[]> {
    return Promise.resolve(this.stats);
  }

  close(): void {
    this.closed = true;
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

export interface Asked {
  url: string;
  method: string;
  headers: Headers;
  body: unknown;
  keepalive: boolean;
}

/** A relay's HTTP side: answers every offer with 201, unless a refusal is queued. */
export class ScriptedRelay {
  readonly asked: Asked[] = [];
  readonly refusals: (Response | Error | 'silence')[] = [];
  #sessions = 0;

  readonly fetch = (url: string, init: RequestInit): Promise<Response> => {
    this.asked.push({
      url,
      method: init.method ?? 'GET',
      headers: new Headers(init.headers),
      body: init.body,
      keepalive: init.keepalive ?? false,
    });
    if (init.method === 'DELETE') return Promise.resolve(new Response(null, { status: 200 }));
    const refusal = this.refusals.shift();
    if (refusal === 'silence') return untilAborted(init.signal ?? null);
    if (refusal instanceof Error) return Promise.reject(refusal);
    if (refusal) return Promise.resolve(refusal);
    this.#sessions++;
    return Promise.resolve(
      new Response('answer-sdp', {
        status: 201,
        headers: { Location: `/sessions/${this.#sessions}`, ETag: '"1"' },
      }),
    );
  };

  of(method: string): Asked[] {
    return this.asked.filter((asked) => asked.method === method);
  }
}

export function problemResponse(status: number, code: string, headers: HeadersInit = {}): Response {
  return new Response(JSON.stringify({ code, status, detail: code }), {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
  });
}

function untilAborted(signal: AbortSignal | null): Promise<Response> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  });
}

/** Lets every promise that is ready run, without moving the clock. */
export function settle(): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(0);
}
