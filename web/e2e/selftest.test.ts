/**
 * The instruments themselves: a picture that is black, frozen, late or of another conference must be called so,
 * or every other test here proves nothing. A loopback connection in one browser stands for the whole system.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codec } from './code.ts';
import { launch, open, person } from './chromium.ts';
import { launchFirefox, openFirefox } from './firefox.ts';
import { readerScript } from './reader.ts';
import { reference, sharpness, untilSeen, watchPicture } from './measure.ts';
import { Site } from './site.ts';
import { describe, judge } from './verdict.ts';
import { unexpected } from './watch.ts';

declare global {
  interface Window {
    sender: RTCRtpSender;
    receiver: RTCRtpReceiver;
  }
}

const mine = { title: 'Coopnet pattern selftest', tag: 4711 };
const demand = { tag: mine.tag, moving: 1000, latency: 1000 };

let site: Site;
let browser: Browser;
let pattern: Page;
let viewer: Page;

/** Runs in the page: shares the tab to itself when the button is pressed. */
function loopback(): void {
  document.querySelector('button')!.addEventListener('click', async () => {
    const screen = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 30 } });
    const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
    here.onicecandidate = ({ candidate }) => void there.addIceCandidate(candidate ?? undefined);
    there.onicecandidate = ({ candidate }) => void here.addIceCandidate(candidate ?? undefined);
    there.ontrack = ({ track, receiver }) => {
      document.querySelector('video')!.srcObject = new MediaStream([track]);
      window.receiver = receiver;
    };
    const track = screen.getVideoTracks()[0]!;
    track.contentHint = 'text';
    window.sender = here.addTrack(track, screen);
    await here.setLocalDescription();
    await there.setRemoteDescription(here.localDescription!);
    await there.setLocalDescription();
    await here.setRemoteDescription(there.localDescription!);
  });
}

beforeAll(async () => {
  site = await Site.open();
  browser = await launch({ share: mine.title });
  const context = await person(browser);
  pattern = await open(context, 'pattern', site.pattern(mine));
  const address = site.serve(
    '/loopback',
    `<!doctype html><title>loopback</title><button>share</button>
     <video autoplay muted playsinline style="width:640px"></video><script>(${loopback})()</script>`,
  );
  viewer = await open(context, 'viewer', address);
  await viewer.evaluate(readerScript());
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  expect(unexpected()).toEqual([]);
});

test('the code survives encoding, and a wrong bit is noticed', () => {
  const { encode, decode } = codec();
  const now = Date.now();
  const bits = encode({ tag: 4711, time: now - 70 });
  expect(bits).toHaveLength(64);
  expect(decode(bits, now)).toEqual({ tag: 4711, time: now - 70 });
  expect(decode(encode({ tag: 1, time: 2 ** 32 * 400 - 5 }), 2 ** 32 * 400 + 5)!.time).toBe(
    2 ** 32 * 400 - 5,
  );
  for (let i = 0; i < bits.length; i++) {
    expect(
      decode(
        bits.map((bit, j) => (i === j ? 1 - bit : bit)),
        now,
      ),
    ).toBeNull();
  }
});

test('no picture is called no picture', async () => {
  const seen = judge(await watchPicture(viewer, 1000), demand);
  expect(seen.faults).toEqual(['no picture']);
});

test('a good picture has no fault, and is sharp', async () => {
  await viewer.click('button');
  const first = await untilSeen(
    viewer,
    'first picture',
    10_000,
    (sample) => sample.tag === mine.tag,
  );
  expect(first.width).toBeGreaterThan(0);
  const seen = judge(await watchPicture(viewer, 3000), demand);
  const sharp = await sharpness(viewer, await reference(pattern));
  console.log(
    `loopback: ${describe(seen)}; PSNR ${sharp.psnr.toFixed(1)} dB, ${sharp.readable}/${sharp.glyphs} glyphs`,
  );
  expect(seen.faults).toEqual([]);
  expect(sharp.psnr).toBeGreaterThan(30);
  expect(sharp.confused).toBe('');
});

test('a blurred picture is called unsharp', async () => {
  const scale = (by: number) =>
    viewer.evaluate(async (scaleResolutionDownBy) => {
      const parameters = window.sender.getParameters();
      parameters.encodings[0]!.scaleResolutionDownBy = scaleResolutionDownBy;
      await window.sender.setParameters(parameters);
    }, by);
  await scale(2);
  await untilSeen(
    viewer,
    'smaller picture',
    10_000,
    (sample) => sample.width > 0 && sample.width < 1280,
  );
  const sharp = await sharpness(viewer, await reference(pattern));
  expect(sharp.psnr).toBeLessThan(30);
  expect(sharp.readable).toBeLessThan(sharp.glyphs);
  await scale(1);
  await untilSeen(
    viewer,
    'full picture',
    10_000,
    (sample) => sample.width === 1280 && sample.tag === mine.tag,
  );
});

test('a picture that stopped is called frozen', async () => {
  await faulty(
    () => pattern.evaluate(() => window.pattern.still(true)),
    async () => {
      await untilOld();
      expect(judge(await watchPicture(viewer, 1500), demand).faults).toContain('frozen');
      // A still picture is no fault where nothing is meant to move.
      const still = { tag: mine.tag, moving: false as const };
      expect(judge(await watchPicture(viewer, 500), still).faults).toEqual([]);
    },
    () => pattern.evaluate(() => window.pattern.still(false)),
  );
  await faulty(
    () => viewer.evaluate(() => document.querySelector('video')!.pause()),
    async () => {
      await untilOld();
      expect(judge(await watchPicture(viewer, 1500), demand).faults).toContain('frozen');
    },
    () => viewer.evaluate(() => document.querySelector('video')!.play()),
  );
});

test('a black picture is called black', async () => {
  const enable = (enabled: boolean) =>
    viewer.evaluate((on) => {
      window.sender.track!.enabled = on;
    }, enabled);
  await faulty(
    () => enable(false),
    async () => {
      await untilSeen(viewer, 'black', 5000, (sample) => sample.luma !== null);
      expect(judge(await watchPicture(viewer, 1000), demand).faults).toContain('black');
    },
    () => enable(true),
  );
});

test('a picture without a code is called unreadable', async () => {
  const filter = (value: string) =>
    pattern.evaluate((text) => {
      document.body.style.filter = text;
    }, value);
  await faulty(
    () => filter('blur(30px)'),
    async () => {
      await untilSeen(viewer, 'blurred', 5000, (sample) => sample.luma !== null);
      expect(judge(await watchPicture(viewer, 1000), demand).faults).toContain('unreadable');
    },
    () => filter(''),
  );
});

test('a late picture is called late', async () => {
  const hold = (milliseconds: number | null) =>
    viewer.evaluate((target) => {
      window.receiver.jitterBufferTarget = target;
    }, milliseconds);
  await faulty(
    () => hold(1500),
    async () => {
      await untilSeen(
        viewer,
        'late',
        15_000,
        (sample) => sample.time !== null && sample.at - sample.time > 1200,
      );
      expect(judge(await watchPicture(viewer, 1000), demand).faults).toContain('late');
    },
    () => hold(null),
  );
});

test('the picture of another conference is called so', async () => {
  const other = site.pattern({ title: 'another', tag: 815 });
  await viewer.evaluate(async (address) => {
    const frame = document.createElement('iframe');
    frame.src = address;
    await new Promise((done) => {
      frame.onload = done;
      document.body.append(frame);
    });
    await window.sender.replaceTrack(frame.contentWindow!.pattern.capture(30).getVideoTracks()[0]!);
  }, other);
  await untilSeen(viewer, 'another conference', 5000, (sample) => sample.tag === 815);
  const seen = judge(await watchPicture(viewer, 1000), demand);
  expect(seen.faults).toContain('wrong conference');
  expect(seen.tags).toContain(815);
});

/** Makes a fault, looks at it, and ends it whatever came of the look: the next test begins with a good picture. */
async function faulty(
  begin: () => Promise<void>,
  look: () => Promise<void>,
  end: () => Promise<void>,
): Promise<void> {
  await begin();
  try {
    await look();
  } finally {
    await end();
    const since = Date.now();
    await untilSeen(
      viewer,
      'good picture',
      20_000,
      (sample) => sample.time !== null && sample.time > since && sample.at - sample.time < 500,
      since,
    );
  }
}

/** Waits for the pictures that were under way: from then on none comes. */
async function untilOld(): Promise<void> {
  await untilSeen(
    viewer,
    'an old picture',
    10_000,
    (sample) => sample.time !== null && sample.at - sample.time > 1000,
  );
}

test('the reader reads in Firefox as well', async () => {
  const firefox = await launchFirefox();
  try {
    const page = await openFirefox(firefox, 'firefox', site.pattern({ title: 'firefox', tag: 99 }));
    await page.evaluate(() => {
      const video = document.createElement('video');
      video.muted = true;
      video.srcObject = window.pattern.capture(30);
      document.body.append(video);
      return video.play();
    });
    await page.evaluate(readerScript());
    await untilSeen(page, 'picture', 5000, (sample) => sample.tag === 99);
    const seen = judge(await watchPicture(page, 2000), { ...demand, tag: 99 });
    const sharp = await sharpness(page, await reference(page));
    console.log(`Firefox: ${describe(seen)}; PSNR ${sharp.psnr.toFixed(1)} dB`);
    expect(seen.faults).toEqual([]);
    expect(sharp.confused).toBe('');
  } finally {
    await firefox.close();
  }
});
