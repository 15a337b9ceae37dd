import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reportOf, rowsOf } from './report.ts';

const sample = readFileSync(new URL('testing/report.json', import.meta.url), 'utf8');

describe('a report', () => {
  it('is read as docs/protocol.md describes it', () => {
    const report = reportOf(sample);
    expect(report.result).toBe('failed');
    expect(report.comment).toBe('The picture stays black.\nSince this morning.');
    expect(report.findings.map(({ id, result }) => `${id} ${result}`)).toEqual([
      'secure passed',
      'udp failed',
      'turns warning',
    ]);
    expect(report.findings[1]?.causes).toHaveLength(2);
    expect(report.findings[1]?.facts).toEqual({ port: 7882, took: 5000 });
    expect(report.client['browser']).toBe('Firefox 140');
    expect(report.others).toEqual({ conference: 'e6s6ghkxqmdgsaedc7q3kyhsi4' });
  });

  it('of a later version is read as far as it is understood', () => {
    const report = reportOf(
      '{"format":"coopnet-report","version":9,"result":"splendid","checks":[{"id":"new","result":"odd","more":{"a":1}}],"extra":[1]}',
    );
    expect(report.result).toBe('');
    expect(report.findings[0]).toMatchObject({
      id: 'new',
      result: 'warning',
      facts: { more: { a: 1 } },
    });
    expect(report.others).toEqual({ extra: [1] });
  });

  it.each(['', 'x', '[]', '{}', '{"format":"other"}', '{"format":"coopnet-report","checks":{}}'])(
    '%j is none',
    (content) => {
      expect(() => reportOf(content)).toThrow();
    },
  );

  it('is shown in the protocol as the file that this test reads', () => {
    const docs = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
    const shown = /```text\n(\{"format":"coopnet-report"[\s\S]*?)\n```/.exec(docs)?.[1] ?? '';
    expect(JSON.parse(shown)).toEqual(JSON.parse(sample));
  });
});

describe('lines of a table', () => {
  it('name the way to each value', () => {
    expect(rowsOf({ a: 1, b: { c: 'x', d: [true, null] }, e: [{ f: 2 }] })).toEqual([
      ['a', '1'],
      ['b › c', 'x'],
      ['b › d', 'true, null'],
      ['e 1 › f', '2'],
    ]);
    expect(rowsOf({})).toEqual([]);
  });

  it('are bounded, however large or deep the data is', () => {
    expect(rowsOf(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [i, i])))).toHaveLength(
      300,
    );
    let deep: unknown = 'bottom';
    for (let i = 0; i < 50; i++) deep = { deep };
    expect(rowsOf(deep)).toHaveLength(1);
    expect(rowsOf({ long: 'x'.repeat(1e6) })[0]?.[1]).toHaveLength(2001);
  });
});
