/** Firewalls from open to nearly closed: behind each a guest gets the picture, and is told by which way. */
import { createServer, type AddressInfo } from 'node:net';
import type { Browser as Firefox } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe as group, expect, test } from 'vitest';
import { Authority } from './authority.ts';
import { open as openPage, person } from './chromium.ts';
import { firefoxProgram, launchFirefox, openFirefox } from './firefox.ts';
import type { Conference } from './harness.ts';
import { steadyPicture, untilSeen, type AnyPage } from './measure.ts';
import { Network, withoutNetwork, type Cut } from './network.ts';
import { bond, chromiumHand, firefoxHand, Portal } from './portal.ts';
import { Proxy } from './proxy.ts';
import { Stage, type Presenter } from './stage.ts';
import { describe } from './verdict.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

const tag = 8301;
const name = 'coopnet.test';

type Door = 'TURN over UDP' | 'TURN over TCP' | 'TURN over TLS' | 'HTTPS' | 'the proxy';

/** A firewall, and the ways that it leaves. */
interface Rung {
  firewall: string;
  cut: (() => Cut) | null;
  /** Only the proxy knows the portal's name. */
  proxied?: boolean;
  /** What still answers. */
  open: Door[];
  ways: string[];
}

const doors: Door[] = ['TURN over UDP', 'TURN over TCP', 'TURN over TLS', 'HTTPS', 'the proxy'];

group.skipIf(withoutNetwork())('a guest', () => {
  let network: Network;
  let authority: Authority;
  let stage: Stage;
  let proxy: Proxy;
  let conference: Conference;
  let presenter: Presenter;

  const rungs: Rung[] = [
    { firewall: 'none', cut: null, open: doors, ways: ['udp'] },
    { firewall: 'no UDP', cut: () => 'udp', open: doors.slice(1), ways: ['tcp', 'turn-tcp'] },
    {
      firewall: 'HTTPS only',
      cut: () => ({ exceptTcp: Number(stage.server.port) }),
      open: ['HTTPS'],
      ways: ['turn-tls'],
    },
    {
      firewall: 'a proxy only',
      cut: () => ({ exceptTcp: proxy.port }),
      proxied: true,
      open: ['the proxy'],
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
    presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter' }, trust);
    await presenter.portal.share();
  });

  afterAll(async () => {
    await stage?.close();
    proxy?.close();
    network?.close();
    authority?.remove();
  });

  afterEach(() => expect(unexpected()).toEqual([]));

  /** What answers to somebody in the namespace. */
  async function openDoors(): Promise<Door[]> {
    const { port, portTLS } = stage.server.turn;
    const answers = await network.reaches([
      { over: 'udp', port },
      ...[port, portTLS, Number(stage.server.port), proxy.port].map((tcp) => ({
        over: 'tcp' as const,
        port: tcp,
      })),
    ]);
    return doors.filter((_, at) => answers[at]);
  }

  /** Puts the firewall up; proves that it stands, before and after the visit, and that the browser has met it. */
  async function behind(rung: Rung, visit: () => Promise<void>): Promise<void> {
    network.names(rung.proxied ? {} : { [name]: network.host });
    expect(await openDoors()).toEqual(doors);
    const cut = rung.cut?.();
    if (cut) network.cut(cut);
    try {
      expect(await openDoors()).toEqual(rung.open);
      const dropped = cut ? network.dropped() : 0;
      const { tunnels } = proxy;
      await visit();
      if (cut) expect(network.dropped()).toBeGreaterThan(dropped);
      expect(proxy.tunnels > tunnels).toBe(rung.proxied ?? false);
      expect(await openDoors()).toEqual(rung.open);
    } finally {
      if (cut) network.heal();
    }
  }

  async function sees(rung: Rung, browser: string, page: AnyPage, portal: Portal): Promise<void> {
    await portal.enter(stage.server.origin, conference, bond);
    const pressed = await portal.submit();
    const first = await untilSeen(page, 'picture', 10_000, (sample) => sample.tag === tag, pressed);
    const shown = await steadyPicture(page, 3000, { tag, moving: 1500 });
    const way = await toldWay(portal, 'picture');
    const [told] = await portal.texts('way-picture');
    console.log(
      `${browser} behind a firewall (${rung.firewall}): picture after ${(first.at - pressed).toFixed(0)} ms, "${told}"; ${describe(shown)}`,
    );
    expect(shown.faults).toEqual([]);
    expect(rung.ways).toContain(way);
  }

  /** What somebody's page says about the way, in one word for programs. */
  function toldWay(portal: Portal, what: 'picture' | 'share'): Promise<string> {
    return until('the way is told', 5000, async () => (await portal.facts(`way-${what}`))[0]?.['way']);
  }

  test('who shares is told by which way it goes', async () => {
    expect(await toldWay(presenter.portal, 'share')).toBe('udp');
    // The own picture is not shown.
    expect(await presenter.portal.facts('way-picture')).toEqual([]);
  });

  test.each(rungs)('sees the picture in Chromium; firewall: $firewall', async (rung) => {
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

  test.each(rungs.slice(2))('sees the picture in Firefox; firewall: $firewall', async (rung) => {
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
