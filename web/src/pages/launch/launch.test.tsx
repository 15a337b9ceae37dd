// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { problemResponse } from '../../session/testing/transports.ts';
import { en } from '../../text/launch/en.ts';
import { draw, type Answers, type Drawn } from '../testing/drawn.tsx';

const code = 'abcdefghijklmnopqrstuv';
const bond = { title: 'Mr', name: 'James BOND', email: 'james@example.com' };
const conference = { id: 'c1', name: 'Team A', title: 'Review', status: 'open', bridges: [] };
const json = (body: unknown) => () => new Response(JSON.stringify(body));
const admitted = (more: object = {}): Answers => ({
  'POST /admissions': json({
    conference: { ...conference, ...more },
    identity: bond,
    next: 'software',
  }),
});
const release = {
  platform: 'linux-amd64',
  version: '1.4.0',
  filename: 'coopnet_1.4.0_amd64.deb',
  size: 9_400_000,
  sha256: 'ab'.repeat(32),
};
const offered = (...releases: object[]): Answers => ({ 'GET /software': json({ releases }) });
const launched = (state: object): Answers => ({
  'POST /launch-codes': json({ code, url: '', expiresAt: '' }),
  [`GET /launch-codes/${code}`]: json({ status: 'waiting', version: null, ...state }),
});

/** What the browser was given to open. */
const opened = vi.fn<(address: string | URL) => void>();
beforeEach(() => {
  // The clock runs by itself, and faster where a test waits.
  vi.useFakeTimers({
    shouldAdvanceTime: true,
    toFake: ['setTimeout', 'clearTimeout', 'performance'],
  });
  sessionStorage.clear();
  localStorage.clear();
  opened.mockReset();
  vi.spyOn(window.location, 'assign').mockImplementation(opened);
});
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function choose(answers: Answers): Promise<Drawn> {
  const drawn = await draw('/#invitation=C', answers);
  await vi.waitFor(() => drawn.find('keep-way'), 10_000);
  await drawn.submit('choice-software');
  return drawn;
}

const phase = ({ find }: Drawn) => find('launch-state').dataset['phase'];

describe('joining with the software', () => {
  it('starts it with a click, and says when it is in', async () => {
    let status = 'waiting';
    const drawn = await choose({
      ...admitted(),
      ...offered(release),
      ...launched({}),
      [`GET /launch-codes/${code}`]: () => json({ status, version: '1.3.0' })(),
    });
    const { find, seek } = drawn;
    await vi.waitFor(() => expect(phase(drawn)).toBe('ready'));
    expect(find('choice-software').textContent).toContain('1.4.0');
    expect(find('launch-state').getAttribute('role')).toBe('status');
    find('launch-open').focus();
    await drawn.submit('launch-open');
    expect(opened.mock.calls).toEqual([[`coopnet://join/${code}`]]);
    await vi.waitFor(() => expect(phase(drawn)).toBe('opened'));
    expect(document.activeElement).toBe(find('launch-open'));
    expect(find('launch-state').textContent).toBe(en['progress.opened']);
    expect(seek('launch-guide')).toBe(null);
    expect(find('launch-browser')).toBeTruthy();
    status = 'redeemed';
    await vi.waitFor(() => expect(phase(drawn)).toBe('started'), 5000);
    expect(find('launch-state').textContent).toContain('1.3.0');
    expect(find('launch-newer').textContent).toContain('1.4.0');
    expect(seek('launch-browser')).toBe(null);
    status = 'waiting';
    await drawn.submit('launch-anew');
    await vi.waitFor(() => expect(phase(drawn)).toBe('ready'));
    status = 'redeemed';
    await vi.waitFor(() => expect(phase(drawn)).toBe('started'), 5000);
    await drawn.submit('launch-numbers');
    expect(location.pathname).toBe('/conference');
  });

  it('guides through the installation where nothing has come', async () => {
    const drawn = await choose({ ...admitted(), ...offered(release), ...launched({}) });
    const { find } = drawn;
    await vi.waitFor(() => expect(phase(drawn)).toBe('ready'));
    find('launch-open').click();
    await vi.waitFor(() => find('launch-guide'), 12_000);
    expect(find('launch-state').textContent).toBe(en['progress.late']);
    expect(find('launch-download').getAttribute('href')).toBe(
      '/api/v1/software/linux-amd64/download?version=1.4.0',
    );
    expect(find('launch-download').textContent).toContain('9.4 MB');
    expect(find('launch-sha256').textContent).toBe(release.sha256);
    expect(find('launch-guide').textContent).toContain(
      'sudo apt install ./coopnet_1.4.0_amd64.deb',
    );
    expect(find('launch-guide').textContent).toContain(en['install.lead.package']);
    for (const drawing of find('launch-guide').querySelectorAll('svg')) {
      expect(drawing.getAttribute('aria-hidden')).toBe('true');
    }
    // What helps stays in sight while somebody tries again.
    await drawn.submit('launch-open');
    await vi.waitFor(() => expect(phase(drawn)).toBe('ready'));
    await drawn.submit('launch-open');
    expect(find('launch-state').textContent).toBe(en['progress.opened']);
    expect(find('launch-guide')).toBeTruthy();
    await drawn.submit('launch-browser');
    expect(location.pathname).toBe('/conference');
  });

  it('says it where the software is too old', async () => {
    const drawn = await choose({
      ...admitted(),
      ...offered(release),
      ...launched({ version: '1.1.0' }),
    });
    const { find } = drawn;
    await vi.waitFor(() => expect(phase(drawn)).toBe('old'), 5000);
    expect(find('launch-state').textContent).toContain('1.1.0');
    expect(find('launch-guide').textContent).toContain(en['old.text']);
    expect(find('launch-guide').textContent).not.toContain(en['ask.title']);
    expect(find('launch-download').textContent).toContain('1.4.0');
    expect(find('launch-open').textContent).toBe(en.again);
    expect(find('launch-browser')).toBeTruthy();
  });

  it('asks who it is where nobody knows that any more', async () => {
    await choose({
      ...admitted(),
      ...offered(release),
      'POST /launch-codes': () => problemResponse(409, 'conflict'),
    });
    await vi.waitFor(() => expect(location.pathname).toBe('/identify'), 5000);
  });

  it('offers another code where one has expired, and says what the portal refuses', async () => {
    let codes = 0;
    const drawn = await choose({
      ...admitted(),
      ...offered(release),
      ...launched({ status: 'expired' }),
      'POST /launch-codes': () =>
        codes++ === 0 ? json({ code })() : problemResponse(403, 'conference-denied'),
    });
    await vi.waitFor(() => expect(phase(drawn)).toBe('expired'), 5000);
    expect(drawn.find('launch-guide')).toBeTruthy();
    await drawn.submit('launch-open');
    await vi.waitFor(() => drawn.find('launch-refusal'));
    expect(drawn.find('launch-refusal').textContent).toBe(en.closed);
    expect(drawn.find('launch-open')).toBeTruthy();
  });

  it('says honestly that there is none for this system', async () => {
    const drawn = await choose({
      ...admitted(),
      ...offered({ ...release, platform: 'windows-amd64' }),
    });
    await vi.waitFor(() => drawn.find('software-unavailable'));
    expect(drawn.find('software-unavailable').textContent).toContain(en['offer.none']);
    expect(drawn.find('choice-software').textContent).toContain(en['badge.none']);
    expect(drawn.asked.some(({ call }) => call === 'POST /launch-codes')).toBe(false);
    await drawn.submit('software-insist');
    await vi.waitFor(() => drawn.find('launch-open'));
    expect(drawn.asked.some(({ call }) => call === 'POST /launch-codes')).toBe(true);
  });

  it('waits with who comes early', async () => {
    const drawn = await choose({ ...admitted({ status: 'scheduled' }), ...offered(release) });
    await vi.waitFor(() => drawn.find('software-early'));
    await drawn.submit('early-conference');
    expect(location.pathname).toBe('/conference');
  });
});

describe('the choice is remembered on request', () => {
  const keep = async (drawn: Drawn) => {
    await vi.waitFor(() => drawn.find('keep-way'), 10_000);
    await drawn.submit('keep-way');
  };

  it('for the browser: the next time there is no question, but a way back', async () => {
    const answers = { ...admitted(), ...offered() };
    const first = await draw('/#invitation=C', answers);
    await first.submit('choice-browser');
    expect(localStorage.getItem('coopnet.way')).toBe(null);
    const second = await draw('/#invitation=C', answers);
    await keep(second);
    expect(localStorage.getItem('coopnet.way')).toBe('browser');
    const third = await draw('/#invitation=C', answers);
    expect(location.pathname).toBe('/conference');
    const back = third.find('who-here').querySelector<HTMLElement>('[href="/choice"]');
    back?.click();
    await vi.waitFor(() => third.find('keep-way'), 10_000);
    expect(third.find<HTMLInputElement>('keep-way').checked).toBe(true);
    await third.submit('keep-way');
    expect(localStorage.getItem('coopnet.way')).toBe(null);
  });

  it('for the software: it is prepared at once, and forgotten with “Disconnect”', async () => {
    localStorage.setItem('coopnet.way', 'software');
    const drawn = await draw('/#invitation=C', {
      ...admitted(),
      ...offered(release),
      ...launched({}),
      'DELETE /identity': () => new Response(null, { status: 204 }),
    });
    await vi.waitFor(() => expect(phase(drawn)).toBe('ready'), 10_000);
    expect(drawn.find('choice-software').getAttribute('aria-expanded')).toBe('true');
    await drawn.submit('disconnect');
    expect(localStorage.getItem('coopnet.way')).toBe(null);
  });
});
