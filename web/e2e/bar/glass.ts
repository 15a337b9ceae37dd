import { codec, type Codec } from '../code.ts';

/** Where the time is in a picture: client/cmd/scenes/stamp.go. */
const stamp = { x: 64, y: 16, block: 8, columns: 16, rows: 4 };

/** A picture that a viewer saw. */
export interface Look {
  /** When, in milliseconds since 1970. */
  at: number;
  /** When it was drawn. */
  time: number;
}

/** The brightness of a picture, as it was decoded. */
export interface Plane {
  at: number;
  width: number;
  height: number;
  /** In base64. */
  luma: string;
}

/** What is asked of a viewer's page. */
export interface GlassPage {
  /** The pictures that were seen for the first time at or after a moment. */
  looks(since: number): Look[];
  /** The picture that is seen at a moment. */
  plane(at: number): Promise<Plane>;
  /** Bytes of RTP that came for the picture so far. */
  arrived(): Promise<number>;
}

declare global {
  interface Window {
    glass: GlassPage;
  }
}

/** Runs in the viewer's page. It looks at the planes that the decoder made: to look at pixels would take more than to decode. */
function watch(codec: Codec, { x, y, block, columns, rows }: typeof stamp): GlassPage {
  const looks: Look[] = [];
  const edge = { x, y, width: columns * block, height: rows * block };
  let watched: HTMLVideoElement | null = null;

  /** The brightness of a part, without the rest of its memory. */
  const brightness = async (frame: VideoFrame, rect: typeof edge): Promise<Uint8Array> => {
    if (!/^(I420|NV12)/.test(frame.format ?? '')) throw new Error(`a picture in ${frame.format}`);
    const memory = new Uint8Array(frame.allocationSize({ rect }));
    const [{ offset, stride }] = (await frame.copyTo(memory, { rect })) as [PlaneLayout];
    const luma = new Uint8Array(rect.width * rect.height);
    for (let row = 0; row < rect.height; row++) {
      const from = offset + row * stride;
      luma.set(memory.subarray(from, from + rect.width), row * rect.width);
    }
    return luma;
  };

  const look = async (video: HTMLVideoElement, at: number): Promise<void> => {
    if (video.videoWidth < x + edge.width || video.videoHeight < y + edge.height) return;
    const frame = new VideoFrame(video);
    try {
      const luma = await brightness(frame, edge);
      const bits = Array.from({ length: columns * rows }, (_, i) => {
        const column = (i % columns) * block + block / 2;
        const row = Math.floor(i / columns) * block + block / 2;
        return luma[row * edge.width + column]! < 126 ? 1 : 0;
      });
      const coded = codec.decode(bits, at);
      if (coded && coded.time !== looks.at(-1)?.time) looks.push({ at, time: coded.time });
      if (looks.length > 20_000) looks.splice(0, 10_000);
    } finally {
      frame.close();
    }
  };

  setInterval(() => {
    const video = document.querySelector<HTMLVideoElement>('[data-testid="video"]');
    if (video === watched) return;
    watched = video;
    const next = (): void => {
      if (!video || video !== watched) return;
      void look(video, Date.now());
      video.requestVideoFrameCallback(next);
    };
    next();
  }, 50);

  return {
    looks: (since) => looks.filter(({ at }) => at >= since),
    async plane(when) {
      await new Promise((done) => setTimeout(done, when - Date.now()));
      const at = Date.now();
      const frame = new VideoFrame(watched!);
      const { width, height } = frame.visibleRect!;
      const luma = await brightness(frame, { x: 0, y: 0, width, height });
      frame.close();
      let text = '';
      for (let from = 0; from < luma.length; from += 32_768)
        text += String.fromCharCode(...luma.subarray(from, from + 32_768));
      return { at, width, height, luma: btoa(text) };
    },
    async arrived() {
      const reports = await Promise.all(window.negotiated.connections.map((one) => one.getStats()));
      let bytes = 0;
      for (const report of reports)
        report.forEach((entry) => {
          if (entry.type === 'inbound-rtp' && entry.kind === 'video')
            bytes += entry.bytesReceived + entry.headerBytesReceived;
        });
      return bytes;
    },
  };
}

/** The script that starts it in a page, as `window.glass`. */
export const glassScript = `window.glass ??= (${watch})((${codec})(), ${JSON.stringify(stamp)}); undefined`;
