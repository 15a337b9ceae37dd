import type { Carrier, Hearing } from './carrier.ts';
import { parse, subprotocol, type ToRelay } from './wire.ts';

/** So much waits for the network at most before input of a controller has to: it would come late, and all at once. */
const backlog = 8 * 1024;

/** The control channel over a WebSocket. */
export class SocketCarrier implements Carrier {
  readonly #socket: WebSocket;
  #left = false;

  /** Throws when the browser makes no socket for this address. */
  constructor(
    open: (url: string, protocol: string) => WebSocket,
    url: string,
    token: string,
    hearing: Hearing,
  ) {
    const socket = open(url, subprotocol);
    this.#socket = socket;
    socket.onopen = () => void this.send({ type: 'hello', token });
    socket.onmessage = ({ data }) => {
      if (!this.#left) hearing.heard(() => parse(typeof data === 'string' ? data : ''));
    };
    socket.onclose = ({ code }) => {
      if (!this.#left) hearing.closed(code, null);
    };
  }

  send(message: ToRelay): boolean {
    if (this.#socket.readyState !== 1) return false;
    if (message.type === 'control.input' && this.#socket.bufferedAmount > backlog) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  close(): void {
    this.#left = true;
    this.#socket.close();
  }
}
