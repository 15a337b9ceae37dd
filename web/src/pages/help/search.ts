import { plain } from '../../text/help/markup.ts';
import type { Topic } from '../../text/help/topics.ts';

/** The topics that answer a query, the best first. */
export type Search = (query: string) => Topic[];

/** Made when somebody begins to search: the library comes then. */
export async function searchOf(topics: readonly Topic[]): Promise<Search> {
  const { default: MiniSearch } = await import('minisearch');
  const byId = new Map<string, Topic>(topics.map((topic) => [topic.id, topic]));
  const index = new MiniSearch<Topic>({
    fields: ['title', 'words', 'text'],
    extractField: (topic, field) =>
      field === 'text' ? plain(topic.text) : String(topic[field as keyof Topic]),
    processTerm: folded,
    searchOptions: {
      boost: { title: 4, words: 3 },
      prefix: (term) => term.length > 1,
      fuzzy: (term) => (term.length > 3 ? 0.2 : false),
      combineWith: 'AND',
    },
  });
  index.addAll(topics);
  return (query) => {
    const all = index.search(query);
    const found = all.length > 0 ? all : index.search(query, { combineWith: 'OR' });
    return found.flatMap(({ id }) => byId.get(String(id)) ?? []).slice(0, most);
  };
}

const most = 8;

/** "Écran" and "ecran" are the same to who searches. */
export function folded(term: string): string | null {
  const bare = term.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  return bare.length > 1 ? bare : null;
}
