import type { Page } from 'playwright-core';

/** What the relay and the portal give to the software that has joined. */
export interface Joined {
  token: string;
  permissions: string[];
  relay: { whip: string; whep: string; control: string };
}

const platforms = ['windows-amd64', 'linux-amd64', 'darwin-amd64'];

/** Lets a page believe that there is software for every computer: to publish one really takes a signer's key. */
export async function offering(page: Page): Promise<void> {
  const releases = platforms.map((platform) => ({
    platform,
    version: '1.4.0',
    minimumVersion: '1.2.0',
    filename: platform.startsWith('windows') ? 'coopnet-1.4.0.exe' : 'coopnet-client_1.4.0_amd64.deb',
    size: 11_534_336,
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  }));
  await page.route(/\/api\/v1\/software$/, (route) => route.fulfill({ json: { releases } }));
}

/** The address that the page hands to the browser next. */
export async function addressOf(page: Page): Promise<string> {
  const answer = await page.waitForResponse(
    (response) =>
      response.url().endsWith('/api/v1/launch-codes') && response.request().method() === 'POST',
  );
  return ((await answer.json()) as { url: string }).url;
}

/** Presses a button under the browser's own question, whether it may open the software: that takes mouse and keys. */
export async function pressBelow(page: Page, id: string): Promise<void> {
  await page.getByTestId(id).evaluate((element) => (element as HTMLElement).click());
}

/** A new address for the software of who has come in on a page. */
export function launchAddress(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const answer = await fetch('/api/v1/launch-codes', { method: 'POST' });
    return ((await answer.json()) as { url: string }).url;
  });
}

/** What the software does with the address that the browser hands to it. */
export async function redeem(origin: string, address: string, version = '1.3.0'): Promise<Joined> {
  const code = address.replace('coopnet://join/', '');
  const answer = await fetch(`${origin}/api/v1/launch-codes/${code}/redeem`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version, platform: 'linux-amd64' }),
  });
  if (!answer.ok) throw new Error(`redeem: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Joined;
}

/** Makes a page's shares those of the software, which can be controlled. */
export async function controllable(page: Page): Promise<void> {
  await page.route(/\/whip\?/, (route) =>
    route.request().method() === 'POST'
      ? route.continue({ url: `${route.request().url()}&control=1` })
      : route.continue(),
  );
}

/** One thing that a controller did, as the software gets it. */
export interface Injected {
  kind: string;
  x?: number;
  y?: number;
  button?: number;
  dy?: number;
  code?: string;
  text?: string;
}

/** What the software was told, and what it has to say. */
interface Desk {
  events: Injected[];
  /** Types of messages, with their reasons. */
  heard: string[];
  /** Says yes to who asks. */
  answers: boolean;
  /** The request that waits for it. */
  waits: string;
  agree: () => void;
}

type WithDesk = Window & { desk: Desk };

/** The software's control channel beside a presenter's page, which plays it: it says yes to everybody, or waits for `agree`. */
export class PlayedSoftware {
  private constructor(private readonly page: Page) {}

  static async join(page: Page, origin: string, answers = true): Promise<PlayedSoftware> {
    const { token, relay } = await redeem(origin, await launchAddress(page));
    await page.evaluate(
      ({ address, proof, yes }) =>
        new Promise<void>((joined) => {
          const socket = new WebSocket(address, 'coopnet.control.v1');
          const say = (message: object): void => socket.send(JSON.stringify(message));
          const agree = (): void => say({ type: 'control.grant', request: desk.waits });
          const desk: Desk = { events: [], heard: [], answers: yes, waits: '', agree };
          (window as unknown as WithDesk).desk = desk;
          socket.onopen = () => say({ type: 'hello', token: proof });
          socket.onmessage = ({ data }) => {
            const message = JSON.parse(String(data));
            switch (message.type) {
              case 'room.state':
                joined();
                return;
              case 'room.heartbeat':
                say(message);
                return;
              case 'control.request':
                desk.heard.push(`${message.type} ${message.name}`);
                desk.waits = message.request;
                if (desk.answers) agree();
                return;
              case 'control.input':
                desk.events.push(...message.events);
                return;
              case 'control.revoke':
                desk.heard.push(`${message.type} ${message.reason}`);
            }
          };
        }),
      { address: relay.control, proof: token, yes: answers },
    );
    return new PlayedSoftware(page);
  }

  /** Says yes to who has asked. */
  agree(): Promise<void> {
    return this.page.evaluate(() => (window as unknown as WithDesk).desk.agree());
  }

  /** What was done so far. */
  events(): Promise<Injected[]> {
    return this.page.evaluate(() => (window as unknown as WithDesk).desk.events);
  }

  heard(): Promise<string[]> {
    return this.page.evaluate(() => (window as unknown as WithDesk).desk.heard);
  }
}
