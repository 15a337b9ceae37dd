/** The diagnostic tool: a whole run where everything works, its report at the desk, and a firewall that stops UDP. */
import { readFileSync } from 'node:fs';
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe as group, expect, test } from 'vitest';
import { Authority } from './authority.ts';
import { barriers } from './barriers.ts';
import { open as openPage, person } from './chromium.ts';
import { Network, withoutNetwork } from './network.ts';
import { Stage } from './stage.ts';
import { unexpected } from './watch.ts';

const name = 'coopnet.test';
/** The title of the page that is shared. */
const shared = 'Shared for the diagnostic tool';

group.skipIf(withoutNetwork())('the diagnostic tool', () => {
  let network: Network;
  let authority: Authority;
  let stage: Stage;
  let resolver: Socket;

  beforeAll(async () => {
    network = Network.open();
    authority = Authority.create(name, network.host);
    const listen = `${network.host}:${await freePort(network.host)}`;
    stage = await Stage.open({ listen, media: `${network.host}:0`, authority });
    network.names({ [name]: network.host });
    resolver = await names(network.host);
  });

  afterAll(async () => {
    await stage?.close();
    resolver?.close();
    network?.close();
    authority?.remove();
  });

  afterEach(() => expect(unexpected()).toEqual([]));

  async function begin(page: Page): Promise<void> {
    await page.goto(`${stage.server.origin}/diagnostic`);
    await page.getByTestId('diagnostic-start').click();
  }

  const phase = (page: Page, wanted: string, timeout = 60_000): Promise<void> =>
    page.locator(`[data-testid="diagnostic"][data-phase="${wanted}"]`).waitFor({ timeout });

  /** What each check says, for example "passed way.open". */
  async function found(page: Page): Promise<Record<string, string>> {
    const rows = await page.locator('[data-testid^="row-"]').all();
    const said = rows.map(async (row) => [
      (await row.getAttribute('data-testid'))?.replace('row-', '') ?? '',
      `${await row.getAttribute('data-state')} ${await row.getAttribute('data-finding')}`,
    ]);
    return Object.fromEntries(await Promise.all(said)) as Record<string, string>;
  }

  test('finds everything right, and the desk reads its report', async () => {
    const browser = await stage.browser({
      share: shared,
      program: network.program,
      home: authority.home,
    });
    const context = await person(browser);
    const other = await openPage(context, 'what is shared', `${stage.server.origin}/prerequisites`);
    await other.getByTestId('verdict').waitFor();
    await other.evaluate((title) => (document.title = title), shared);
    const page = await openPage(context, 'guest');
    await begin(page);
    await phase(page, 'done');
    await page.getByTestId('diagnostic-capture').click();
    await page.locator('[data-testid="row-capture"][data-finding="capture.good"]').waitFor();
    await phase(page, 'done');

    const said = await found(page);
    // There is no software, no IPv6 on this wire, and one server to ask for the kind of router.
    const unrated = ['software', 'ipv6', 'nat'];
    const others = Object.entries(said).filter(([, what]) => !what.startsWith('passed'));
    expect(others.filter(([check]) => !unrated.includes(check))).toEqual([]);
    expect(Object.keys(said)).toHaveLength(27);
    await page.locator('[data-testid="diagnostic-verdict"][data-verdict="passed"]').waitFor();
    expect(await page.getByTestId('diagnostic-cause').count()).toBe(0);
    expect(await page.getByTestId('team-text').inputValue()).toContain(`TCP ${stage.server.turn.portTLS}`);
    expect(await barriers('the results', page)).toEqual([]);

    // Nothing is sent without consent.
    await page.getByTestId('report-comment').fill('It was <b>black</b>.');
    await page.getByTestId('report-send').click();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('consent');
    await page.getByTestId('report-consent').check();
    await page.getByTestId('report-send').click();
    const code = (await page.getByTestId('report-code').innerText()).replace(/^Code\s*/, '').trim();
    expect(code).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{2}$/);
    expect(await barriers('the code', page)).toEqual([]);

    const desk = await openPage(await person(browser), 'desk', `${stage.server.origin}/support/desk`);
    await desk.getByTestId('desk-key').fill(stage.server.supportKey);
    await desk.getByTestId('desk-sign-in').click();
    await desk.getByTestId('desk-code').fill(code);
    await desk.keyboard.press('Enter');
    await desk.locator(`[data-testid="desk-report"][data-code="${code}"]`).waitFor();
    expect(await desk.locator('[data-testid="desk-finding"]').count()).toBe(27);
    expect(await desk.getByText('It was <b>black</b>.').count()).toBeGreaterThan(0);
    // What the relays counted of this very test is beside it.
    await desk.locator('[data-testid="desk-media"] tr[data-way="turns"]').first().waitFor();

    await page.getByTestId('report-withdraw').click();
    await page.getByTestId('report-withdrawn').waitFor();
    await context.close();
  });

  test('names a firewall that stops UDP, and saves a report that cannot be sent', async () => {
    const { port } = stage.server.turn;
    const doors = [
      { over: 'udp' as const, port },
      { over: 'tcp' as const, port },
    ];
    expect(await network.reaches(doors)).toEqual([true, true]);
    network.cut('udp');
    try {
      const dropped = network.dropped();
      const options = { program: network.program, home: authority.home };
      const browser = await stage.browser(options);
      const page = await openPage(await person(browser, { acceptDownloads: true }), 'guest');
      await begin(page);
      // What is looked at here is known before the rest is given up, in whatever order it comes.
      for (const check of ['udp', 'turn', 'tcp', 'turn-tcp', 'turns', 'nat']) {
        const row = `[data-testid="row-${check}"]:not([data-state="waiting"]):not([data-state="running"])`;
        await page.locator(row).waitFor({ timeout: 60_000 });
      }
      await page.getByTestId('diagnostic-stop').click();
      await phase(page, 'stopped');
      expect(await network.reaches(doors)).toEqual([false, true]);
      expect(network.dropped()).toBeGreaterThan(dropped);

      const said = await found(page);
      expect(said).toMatchObject({
        udp: 'failed way.none',
        turn: 'failed way.none',
        tcp: 'passed way.open',
        'turn-tcp': 'passed way.open',
        nat: 'skipped nat.unknown',
        idle: 'skipped stopped',
      });
      expect(said['turns']).toMatch(/^passed way\.(open|all)$/);
      const causes = page.getByTestId('diagnostic-cause');
      expect(await causes.first().getAttribute('data-cause')).toBe('udp-blocked');

      await page.route('**/api/v1/diagnostics', (route) => route.abort());
      await page.getByTestId('report-consent').check();
      await page.getByTestId('report-send').click();
      await page.getByTestId('report-failed').waitFor();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByTestId('report-file').click(),
      ]);
      const saved = JSON.parse(readFileSync((await download.path())!, 'utf8')) as { format: string };
      expect(saved.format).toBe('coopnet-report');
      // The call that was broken on purpose.
      expect(unexpected(/net::ERR_FAILED/)).toEqual([]);
    } finally {
      network.heal();
    }
  });
});

/** A name server: Chromium looks for a TURN server over UDP there, and not in /etc/hosts. */
function names(host: string): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const end = query.indexOf(0, 12) + 5; // RFC 1035 section 4.1.2: name, type and class
    const isA = query.readUInt16BE(end - 4) === 1;
    const head = Buffer.from([...query.subarray(0, 2), 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
    const address = host.split('.').map(Number);
    const answer = isA ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address]) : Buffer.alloc(0);
    socket.send(Buffer.concat([head, query.subarray(12, end), answer]), from.port, from.address);
  });
  return new Promise((done, fail) => {
    socket.once('error', fail);
    socket.bind(53, host, () => done(socket));
  });
}

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
