/** Firewalls from open to nearly closed: behind each a guest gets the picture, and is told by which way. */
import { createServer, type AddressInfo } from 'node:net';
import type { Browser as Firefox } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe as group, expect, test } from 'vitest';
import { Authority } from './authority.ts';
import { open as openPage, person } from './chromium.ts';
import { firefoxProgram, launchFirefox, openFirefox } from './firefox.ts';
import type { Conference } from './harness.ts';
import { untilSeen, watchPicture, type AnyPage } from './measure.ts';
import { Network, withoutNetwork, type Cut } from './network.ts';
import { bond, chromiumHand, firefoxHand, Portal } from './portal.ts';
import { Proxy } from './proxy.ts';
import { Stage } from './stage.ts';
import { describe, judge } from './verdict.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

const tag = 8301;
const name = 'coopnet.test';

/** A firewall, and the ways that it leaves. */
interface Rung {
  what: string;
  cut: (() => Cut) | null;
  /** Nothing but a proxy answers, which alone knows the portal's name. */
  proxied?: boolean;
  /** What still answers: TURN over UDP and TCP, TURN over TLS, HTTPS, the proxy. */
  answers: [udp: boolean, tcp: boolean, tls: boolean, https: boolean, proxy: boolean];
  ways: string[];
}

const open = [true, true, true, true, true];

group.skipIf(withoutNetwork())('a guest', () => {
  let network: Network;
  let authority: Authority;
  let stage: Stage;
  let proxy: Proxy;
  let conference: Conference;

  const rungs: Rung[] = [
    { what: 'no firewall', cut: null, answers: [true, true, true, true, true], ways: ['udp'] },
    {
      what: 'a firewall that lets no UDP out',
      cut: () => 'udp',
      answers: [false, true, true, true, true],
      ways: ['tcp', 'turn-tcp'],
    },
    {
      what: 'a firewall that lets nothing out but HTTPS',
      cut: () => ({ exceptTcp: Number(stage.server.port) }),
      answers: [false, false, false, true, false],
      ways: ['turn-tls'],
    },
    {
      what: 'a firewall that lets nothing out but through a proxy',
      cut: () => ({ exceptTcp: proxy.port }),
      proxied: true,
      answers: [false, false, false, false, true],
      ways: ['turn-tls'],
    },
  ];

  beforeAll(async () => {
    network = Network.open();
    authority = Authority.create(name, network.host);
    // The public address names its port, so the port must be known beforehand.
    const listen = `${network.host}:${await freePort(network.host)}`;
    stage = await Stage.open({ listen, media: `${network.host}:0`, authority });
    proxy = await Proxy.open(network.host, `${name}:${stage.server.port}`, network.host);
    conference = await stage.server.conference({ name: 'The ladder' });
    const trust = { home: authority.home, args: authority.args };
    const presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter' }, trust);
    await presenter.portal.share();
  });

  afterAll(async () => {
    await stage?.close();
    proxy?.close();
    network?.close();
    authority?.remove();
  });

  afterEach(() => expect(unexpected()).toEqual([]));

  const answering = (): Promise<boolean[]> => {
    const { port, portTLS } = stage.server.turn;
    return network.reaches([
      { over: 'udp', port },
      { over: 'tcp', port },
      { over: 'tcp', port: portTLS },
      { over: 'tcp', port: Number(stage.server.port) },
      { over: 'tcp', port: proxy.port },
    ]);
  };

  /** Puts the firewall up, proves that it stands before and after, and that the browser has met it. */
  async function behind(rung: Rung, visit: () => Promise<void>): Promise<void> {
    network.names(rung.proxied ? {} : { [name]: network.host });
    expect(await answering()).toEqual(open);
    const cut = rung.cut?.();
    if (cut) network.cut(cut);
    try {
      expect(await answering()).toEqual(rung.answers);
      const met = cut ? network.dropped() : 0;
      const tunnels = proxy.tunnels;
      await visit();
      if (cut) expect(network.dropped()).toBeGreaterThan(met);
      // One for the portal and one for the picture, at least.
      expect(proxy.tunnels - tunnels)[rung.proxied ? 'toBeGreaterThan' : 'toBe'](
        rung.proxied ? 1 : 0,
      );
      expect(await answering()).toEqual(rung.answers);
    } finally {
      if (cut) network.heal();
    }
  }

  async function sees(rung: Rung, browser: string, page: AnyPage, portal: Portal): Promise<void> {
    await portal.enter(stage.server.origin, conference, bond);
    const pressed = await portal.submit();
    const first = await untilSeen(page, 'picture', 10_000, (sample) => sample.tag === tag, pressed);
    const shown = judge(await watchPicture(page, 3000), { tag, moving: 1500 });
    const way = await until('the way is told', 5000, async () => {
      const [facts] = await portal.facts('way-picture');
      return facts?.['way'];
    });
    const [told] = await portal.texts('way-picture');
    console.log(
      `${browser} behind ${rung.what}: picture after ${(first.at - pressed).toFixed(0)} ms, "${told}"; ${describe(shown)}`,
    );
    expect(shown.faults).toEqual([]);
    expect(rung.ways).toContain(way);
  }

  test.each(rungs)('in Chromium sees the picture behind $what', async (rung) => {
    const through = rung.proxied
      ? [`--proxy-server=http://${network.host}:${proxy.port}`, '--proxy-bypass-list=<-loopback>']
      : [];
    await behind(rung, async () => {
      const options = { program: network.program, home: authority.home, args: through };
      const browser = await stage.browser(options);
      const page = await openPage(await person(browser), bond.name);
      await sees(rung, 'Chromium', page, new Portal(chromiumHand(page)));
      await browser.close();
    });
  });

  test.each(rungs.slice(2))('in Firefox sees the picture behind $what', async (rung) => {
    const through = rung.proxied
      ? {
          'network.proxy.type': 1,
          'network.proxy.ssl': network.host,
          'network.proxy.ssl_port': proxy.port,
          'network.proxy.no_proxies_on': '',
        }
      : {};
    await behind(rung, async () => {
      const firefox: Firefox = await launchFirefox({
        program: network.within(firefoxProgram),
        control: await network.entrance(),
        profile: authority.profile(),
        preferences: through,
      });
      try {
        const page = await openFirefox(firefox, bond.name);
        await sees(rung, 'Firefox', page, new Portal(firefoxHand(page)));
      } finally {
        await firefox.close();
      }
    });
  });
});

function freePort(host: string): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}
