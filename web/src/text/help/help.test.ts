import { describe, expect, it } from 'vitest';
import { routes } from '../../router.ts';
import { folded, searchOf } from '../../pages/help/search.ts';
import { OpenApi } from '../../session/testing/openapi.ts';
import { topics as english } from './en/topics.ts';
import { topics as french } from './fr/topics.ts';
import { functions } from './functions.ts';
import { blocks, inline, plain, type Block, type Inline } from './markup.ts';
import { allTopicIds } from './topics.ts';

const files = import.meta.glob('./{en,fr}/*.md');
const both = [
  ['en', english],
  ['fr', french],
] as const;

function lines(block: Block): Inline[][] {
  if (block.kind === 'code') return [];
  return 'items' in block ? block.items : [block.content];
}

describe.each(both)('the help in %s', (language, topics) => {
  it('has every topic, and no other', () => {
    expect(topics.map(({ id }) => id)).toEqual(allTopicIds);
    const named = allTopicIds.map((id) => `./${language}/${id}.md`).toSorted();
    expect(Object.keys(files).filter((file) => file.includes(`/${language}/`))).toEqual(named);
  });

  it('describes every function, and only those there are', () => {
    const described = new Set(topics.flatMap((topic) => topic.functions));
    expect(functions.filter((name) => !described.has(name))).toEqual([]);
    expect([...described].filter((name) => !functions.some((known) => known === name))).toEqual([]);
  });

  it('has a title, other words to find it by, and a text for each', () => {
    for (const { id, title, words, text } of topics) {
      expect(title, id).not.toBe('');
      expect(words.split(', ').length, id).toBeGreaterThan(2);
      expect(text.length, id).toBeGreaterThan(200);
      expect(text, id).not.toMatch(/^(?:words|functions):/m);
    }
    expect(new Set(topics.map(({ title }) => title)).size).toBe(topics.length);
  });

  it('links to topics and pages that exist', () => {
    const known = new Set<string>([...routes, ...allTopicIds.map((id) => `/help/${id}`)]);
    for (const { id, text } of topics) {
      const links = blocks(text).flatMap(lines).flat();
      for (const part of links) if (part.kind === 'link') expect(known, id).toContain(part.to);
      // What was meant as markup but is none would be shown as it is.
      for (const part of links)
        if (part.kind === 'text') expect(part.text, id).not.toMatch(/\*\*|\]\(/);
    }
  });
});

it('has the same functions, links and code in both languages', () => {
  const addresses = (text: string) => [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, to]) => to);
  for (const [at, topic] of english.entries()) {
    const other = french[at];
    expect(other?.functions, topic.id).toEqual(topic.functions);
    expect(addresses(other?.text ?? ''), topic.id).toEqual(addresses(topic.text));
    const kinds = (text: string) => blocks(text).map(({ kind }) => kind);
    expect(kinds(other?.text ?? ''), topic.id).toEqual(kinds(topic.text));
  }
});

it('is written in French with no-break spaces before the double signs', () => {
  for (const { id, title, text } of french) {
    const words = text.replace(/```.*?```|`[^`]*`/gs, '');
    expect(`${title}\n${words}`, id).not.toMatch(/ [;:?!»]|« |'/);
  }
});

describe('the organizer’s quick start', () => {
  const served = OpenApi.served();
  it.each(both)('makes calls of openapi.json, in %s', (_, topics) => {
    const text = topics.find(({ id }) => id === 'api')?.text ?? '';
    const calls = blocks(text).flatMap((block) => (block.kind === 'code' ? [block.text] : []));
    expect(calls).toHaveLength(3);
    for (const call of calls) {
      const path = /https:\/\/PORTAL(\S+)/.exec(call)?.[1] ?? '';
      const body = /-d '(.*)'/s.exec(call)?.[1];
      const operation = served.operation('POST', path);
      expect(operation, path).toBeDefined();
      const schema = operation?.requestBody?.content?.['application/json']?.schema;
      if (body === undefined) continue;
      expect(schema, path).toBeDefined();
      if (schema) expect(served.faults(schema, JSON.parse(body)), path).toEqual([]);
    }
  });
});

describe('the search', () => {
  it.each([
    ['firewall', 'firewall'],
    ['firwall', 'firewall'],
    ['no sound', 'no-sound'],
    ['iphone', 'phone'],
    ['raise ha', 'participants'],
    ['private message', 'conversation'],
    ['curl', 'api'],
  ])('finds %s', async (query, id) => {
    const search = await searchOf(english);
    expect(
      search(query)
        .map((topic) => topic.id)
        .slice(0, 3),
    ).toContain(id);
  });
  it.each([
    ['ecran noir', 'no-picture'],
    ['Écran partagé', 'picture'],
    ['pare-feu', 'firewall'],
    ['MEMORISER', 'identify'],
    ['l’écho', 'no-sound'],
    ['tablau blanc', 'whiteboard'],
  ])('finds %s', async (query, id) => {
    const search = await searchOf(french);
    expect(
      search(query)
        .map((topic) => topic.id)
        .slice(0, 3),
    ).toContain(id);
  });
  it('finds nothing where there is nothing', async () => {
    expect((await searchOf(english))('xylophone')).toEqual([]);
  });
  it('folds', () => {
    expect([folded('Écran'), folded('À'), folded('ＵＤＰ')]).toEqual(['ecran', null, 'ｕｄｐ']);
  });
});

describe('the markup', () => {
  it('knows its blocks', () => {
    const source =
      'One\nline\n\n## Head\n\n- a\n  goes on\n- b\n\n1. x\n2. y\n\n> n\n\n```\ncode\n\nmore\n```\nend';
    expect(blocks(source).map((block) => [block.kind, lines(block).length])).toEqual([
      ['paragraph', 1],
      ['heading', 1],
      ['list', 2],
      ['steps', 2],
      ['note', 1],
      ['code', 0],
      ['paragraph', 1],
    ]);
  });
  it('knows its lines', () => {
    expect(inline('a **b** `c` [d](/help/e) <i>')).toEqual([
      { kind: 'text', text: 'a ' },
      { kind: 'strong', text: 'b' },
      { kind: 'text', text: ' ' },
      { kind: 'code', text: 'c' },
      { kind: 'text', text: ' ' },
      { kind: 'link', text: 'd', to: '/help/e' },
      { kind: 'text', text: ' <i>' },
    ]);
  });
  it('gives the words alone', () => {
    expect(plain('## H\n\n- **a** [b](/c)')).toBe('H\n\na b');
  });
});

/** What a topic quotes that is not ours: the settings of others. */
const foreign = new Set([
  'Screen & System Audio Recording',
  'Enregistrement de l’écran et de l’audio du système',
]);

describe('what the topics quote is what the pages say', () => {
  const catalogues = import.meta.glob<Record<string, Readonly<Record<string, string>>>>(
    ['../{en,fr}.ts', '../*/{en,fr}.ts'],
    { eager: true },
  );
  it.each([
    ['en', english, /“([^”]+)”/g],
    ['fr', french, /«\u00a0([^»]+)\u00a0»/g],
  ] as const)('in %s', (language, topics, quotes) => {
    const said = Object.values(catalogues).flatMap((all) => Object.values(all[language] ?? {}));
    const quoted = topics.flatMap(({ id, text }) =>
      [...text.matchAll(quotes)].map(
        ([, words = '']) => `${id}: ${words.replace(/\s*\n\s*/g, ' ')}`,
      ),
    );
    expect(quoted.length).toBeGreaterThan(30);
    const unknown = quoted.filter((quote) => {
      const words = quote.slice(quote.indexOf(': ') + 2);
      // The beginning of a message is enough.
      return !foreign.has(words) && !said.some((text) => text.startsWith(words));
    });
    expect(unknown).toEqual([]);
  });
});
