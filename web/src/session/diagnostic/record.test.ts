import { describe, expect, it } from 'vitest';
import { reportOf } from '../report.ts';
import { DiagnosticApi, type TestRelay } from './api.ts';
import { agentOf, neededVersion, platformOf } from './agent.ts';
import { allowances } from './handout.ts';
import { recordOf, summaryOf, visible, type Circumstances } from './record.ts';
import { resultOf, waiting, type Result } from './result.ts';
import { spell } from './spelling.ts';
import { World } from './testing/world.ts';
import { sendReport, type UploadDeps } from './upload.ts';

const results: Result[] = [
  resultOf('secure', { state: 'passed', finding: 'secure.yes' }, 1),
  resultOf('reach', { state: 'passed', finding: 'reach.all', fill: { took: 9 } }, 20),
  resultOf(
    'udp',
    {
      state: 'failed',
      finding: 'way.none',
      facts: { attempts: [{ relay: 'eu-1' }], id: 'never' },
      parts: [
        { place: 'eu-1', state: 'failed', finding: 'way.shut', fill: { seconds: 8 } },
        { place: 'us-1', state: 'failed', finding: 'way.shut', fill: { seconds: 8 } },
      ],
    },
    8000,
  ),
  resultOf('tcp', { state: 'passed', finding: 'way.open', fill: { took: 90 } }, 100),
  waiting('idle'),
];
const around: Circumstances = {
  createdAt: '2026-11-24T09:41:00Z',
  language: 'fr',
  comment: 'Black.\nSince today.',
  name: 'Ada',
  conference: 'c-1Xy8',
  inside: true,
};
const { browser } = new World().deps;
const words = { found: () => 'a sentence', cause: (cause: string) => `cause ${cause}` };

describe('the report of a run', () => {
  const record = recordOf(results, around, browser, words);
  const report = reportOf(JSON.stringify(record));

  it('is read by the desk', () => {
    expect(report.result).toBe('warning');
    expect(report.comment).toBe('Black.\nSince today.');
    expect(report.findings.map(({ id, result }) => `${id} ${result}`)).toEqual([
      'secure passed',
      'reach passed',
      'udp failed',
      'tcp passed',
      'idle skipped',
    ]);
    expect(report.findings[2]?.causes).toEqual(['cause udp-blocked']);
    expect(report.findings[2]?.facts['parts']).toHaveLength(2);
    expect(report.client).toMatchObject({ browser: 'Chrome 140', system: 'Linux', language: 'fr' });
    expect(report.others).toMatchObject({ conference: 'c-1Xy8', where: 'in a conference' });
  });

  it('says before joining that it was before joining', () => {
    const before = { ...around, conference: '', inside: false, comment: '', name: '' };
    const plain = recordOf(results, before, browser, words);
    expect(plain['where']).toBe('before joining');
    for (const key of ['conference', 'comment', 'name']) expect(plain).not.toHaveProperty(key);
  });

  it('has a summary that the server takes, whatever the guest writes', () => {
    const wild = { ...around, comment: `\u202e${'é😀'.repeat(1500)}\u0000`, name: 'N'.repeat(500) };
    const summary = summaryOf(results, wild, browser);
    expect(new TextEncoder().encode(JSON.stringify(summary)).length).toBeLessThan(4096);
    expect(summary).toMatchObject({ result: 'warning', failed: ['udp'], language: 'fr' });
    for (const hidden of ['\u202e', '\u0000']) {
      expect(String(summary['comment'])).not.toContain(hidden);
    }
  });

  it('leaves out what nobody sees', () => {
    expect(visible(' a\u0007b\r\nc\td\u200b ', 10)).toBe('ab\nc\td');
  });
});

describe('who asks', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0',
      'Edge 139 Windows',
      'windows-amd64',
      0,
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.1 Safari/605.1.15',
      'Safari 15 macOS',
      'darwin-',
      16,
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Safari 17 iOS 17.5',
      '',
      0,
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Firefox 140 Linux',
      'linux-amd64',
      0,
    ],
    [
      'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.0.0 Mobile Safari/537.36',
      'Chrome 90 Android 14',
      '',
      110,
    ],
    [
      'Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko',
      'Internet Explorer 11 Windows',
      'windows-amd64',
      12,
    ],
    ['curl/8', ' 0 ', '', 0],
  ])('%s', (text, named, platform, needed) => {
    const agent = agentOf(text);
    expect(`${agent.browser} ${agent.version} ${agent.system}`).toBe(named);
    expect(platformOf(text)).toBe(platform);
    expect(neededVersion(agent)).toBe(needed);
  });
});

it('a code is spelt in either alphabet', () => {
  const alphabet = 'Alfa Bravo';
  const spelt = spell('a1-b', alphabet, 'zero one', 'hyphen').map(({ word }) => word);
  expect(spelt).toEqual(['Alfa', 'one', 'hyphen', 'Bravo']);
});

it('the network team is told every host, port and protocol', () => {
  const relay: TestRelay = {
    id: 'eu-1',
    region: 'eu-central',
    relay: {
      whip: 'https://eu-1.example/whip',
      whep: 'https://eu-1.example/whep',
      control: 'wss://eu-1.example/control',
    },
    iceServers: [
      {
        urls: [
          'turn:eu-1.example:3478?transport=udp',
          'turn:eu-1.example:3478?transport=tcp',
          'turns:eu-1.example:443?transport=tcp',
          'turns:eu-1.example?transport=tcp',
        ],
      },
    ],
  };
  const offered = [
    { protocol: 'udp', address: '192.0.2.7', port: '7882' },
    { protocol: 'udp', address: '2001:db8::7', port: '7882' },
    { protocol: 'tcp', address: '192.0.2.7', port: '7882' },
  ];
  expect(allowances('https://portal.example:8443', [relay], new Map([['eu-1', offered]]))).toEqual([
    { line: 'portal', host: 'portal.example', port: '8443' },
    { line: 'relay', host: 'eu-1.example', region: 'eu-central' },
    { line: 'web', port: '443' },
    { line: 'media', protocol: 'UDP', port: '7882', addresses: '192.0.2.7, 2001:db8::7' },
    { line: 'media', protocol: 'TCP', port: '7882', addresses: '192.0.2.7' },
    { line: 'turn', protocol: 'UDP', port: '3478' },
    { line: 'turn', protocol: 'TCP', port: '3478' },
    { line: 'turns', port: '443' },
    { line: 'turns', port: '5349' },
  ]);
});

describe('an upload', () => {
  const upload = { method: 'PUT', url: 'https://files.example/r', headers: { 'X-Sum': 'a' } };
  const pending = { id: 'secret', code: 'ABCD-EFGH', upload, expiresAt: '' };

  function server(puts: (number | Error)[]): { asked: string[]; deps: UploadDeps } {
    const asked: string[] = [];
    const { timers } = new World().deps;
    return {
      asked,
      deps: {
        timers,
        digest: () => Promise.resolve(new Uint8Array([1, 171]).buffer),
        fetch(url, init) {
          asked.push(`${init.method} ${url}`);
          if (init.method !== 'PUT') {
            return Promise.resolve(new Response(JSON.stringify(pending), { status: 201 }));
          }
          const next = puts.shift() ?? 500;
          if (next instanceof Error) return Promise.reject(next);
          return Promise.resolve(new Response(next === 200 ? null : '{}', { status: next }));
        },
      },
    };
  }
  const send = ({ deps }: ReturnType<typeof server>) =>
    sendReport(deps, new DiagnosticApi(deps), '{}', { result: 'passed' }, 'session');

  it('is announced, made and completed', async () => {
    const world = server([200]);
    expect(await send(world)).toEqual({ id: 'secret', code: 'ABCD-EFGH' });
    expect(world.asked).toEqual([
      'POST /api/v1/diagnostics',
      'PUT https://files.example/r',
      'POST /api/v1/diagnostics/secret/complete',
    ]);
  });

  it('is made again where it was cut, once', async () => {
    const world = server([new TypeError('cut'), 200]);
    expect((await send(world)).code).toBe('ABCD-EFGH');
    expect(world.asked).toContain('POST /api/v1/diagnostics/secret/upload');
    await expect(send(server([500, 503]))).rejects.toThrow();
  });

  it('cannot be made without a checksum', async () => {
    const { deps } = server([200]);
    const bare = { ...deps, digest: null };
    await expect(sendReport(bare, new DiagnosticApi(deps), '{}', {}, '')).rejects.toThrow();
  });
});
