// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from 'vitest';
import { draw } from './testing/drawn.tsx';

afterEach(() => document.body.replaceChildren());

const json = (status: number, body: object) => () =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

const upload = { method: 'PUT', url: 'https://files.example/r', headers: {} };
const pending = { id: 'secret', code: 'ABCD-EFGH-JK', upload };

/** A loaded machine takes its time. */
const soon = (look: () => unknown) => vi.waitFor(look, { timeout: 10_000 });

async function tested(answers: Parameters<typeof draw>[1] = {}) {
  const drawn = await draw('/diagnostic', answers);
  await soon(() => drawn.find('diagnostic-start'));
  expect(drawn.seek('report-send')).toBeNull();
  await drawn.submit('diagnostic-start');
  await soon(() => drawn.find('diagnostic-verdict'));
  return drawn;
}

describe('the diagnostic tool', () => {
  it('says what is wrong with a browser without live pictures, and what to do', async () => {
    const drawn = await tested();
    expect(drawn.find('diagnostic-verdict').dataset['verdict']).toBe('failed');
    const causes = [...drawn.root.querySelectorAll<HTMLElement>('[data-cause]')];
    expect(causes.map(({ dataset }) => dataset['cause'])).toContain('browser');
    expect(drawn.find('row-webrtc').dataset['finding']).toBe('webrtc.no');
    expect(drawn.find('row-udp').dataset['state']).toBe('skipped');
    expect(drawn.find('row-webrtc').textContent).toContain('Use a current Chrome');
    const team = drawn.find<HTMLTextAreaElement>('team-text').value;
    expect(team).toContain('let through');
    expect(team).toContain('laisser passer');
  });

  it('sends nothing without consent, and then what was shown', async () => {
    const drawn = await tested({
      'POST /diagnostics': json(201, pending),
      'PUT https://files.example/r': () => new Response(null, { status: 200 }),
      'POST /diagnostics/secret/complete': json(200, { code: 'ABCD-EFGH-JK' }),
      'DELETE /diagnostics/secret': () => new Response(null, { status: 204 }),
    });
    await drawn.submit('report-send');
    const calls = () => drawn.asked.map(({ call }) => call);
    expect(calls()).not.toContain('POST /diagnostics');
    drawn.find<HTMLInputElement>('report-consent').checked = true;
    const shown = drawn.find<HTMLTextAreaElement>('report-preview').value;
    await drawn.submit('report-send');
    await soon(() => drawn.find('report-code'));
    expect(drawn.find('report-code').textContent).toContain('ABCD-EFGH-JK');
    expect(drawn.root.textContent).toContain('Bravo');
    const draft = drawn.asked.find(({ call }) => call === 'POST /diagnostics')?.body;
    expect(draft).toMatchObject({
      size: new TextEncoder().encode(shown).length,
      summary: { result: 'failed', language: 'en' },
    });
    await drawn.submit('report-withdraw');
    await soon(() => drawn.find('report-withdrawn'));
    expect(calls()).toContain('DELETE /diagnostics/secret');
  });

  it('offers a file when nothing can be sent', async () => {
    const drawn = await tested({ 'POST /diagnostics': json(429, { code: 'rate-limited' }) });
    drawn.find<HTMLInputElement>('report-consent').checked = true;
    await drawn.submit('report-send');
    await soon(() => drawn.find('report-failed'));
    expect(drawn.find('report-failed').textContent).toContain('try again later');
    expect(drawn.find('report-file').textContent).toContain('file');
  });

  it('knows that it was opened beside a conference', async () => {
    const drawn = await draw('/diagnostic#conference=e6s6ghkxqmdgsaedc7q3kyhsi4', {});
    await soon(() => drawn.find('diagnostic-inside'));
    await drawn.submit('diagnostic-start');
    await soon(() => drawn.find('report-preview'));
    const record: unknown = JSON.parse(drawn.find<HTMLTextAreaElement>('report-preview').value);
    expect(record).toMatchObject({
      where: 'in a conference',
      conference: 'e6s6ghkxqmdgsaedc7q3kyhsi4',
    });
  });
});
