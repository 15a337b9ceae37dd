import type { Language } from '../texts.ts';

/** For whom a topic is, in the order of the table of contents. */
export const audiences = ['guest', 'presenter', 'organizer', 'trouble', 'safety'] as const;
export type Audience = (typeof audiences)[number];

/** Every topic, in reading order; its address is /help/ and its id. */
export const topicIds = {
  guest: [
    'join',
    'identify',
    'personal-link',
    'not-open',
    'lobby',
    'software',
    'voice',
    'picture',
    'participants',
    'conversation',
    'questions',
    'polls',
    'whiteboard',
    'pointer',
    'documents',
    'phone',
    'keyboard',
    'leave',
  ],
  presenter: ['share', 'shares', 'present-documents', 'ask', 'hand-over'],
  organizer: ['organize', 'invitations', 'admit', 'moderation', 'data', 'api'],
  trouble: [
    'no-entry',
    'no-picture',
    'no-sound',
    'slow',
    'reconnecting',
    'share-fails',
    'firewall',
    'diagnostic',
  ],
  safety: ['security', 'control'],
} as const satisfies Record<Audience, readonly string[]>;

export type TopicId = (typeof topicIds)[Audience][number];

export interface Topic {
  id: TopicId;
  audience: Audience;
  title: string;
  /** Other words that people look for. */
  words: string;
  /** What of the tool it describes; see functions.ts. */
  functions: readonly string[];
  text: string;
}

export const allTopicIds: readonly TopicId[] = audiences.flatMap((audience) => [
  ...topicIds[audience],
]);

export function audienceOf(id: TopicId): Audience {
  return (
    audiences.find((audience) => (topicIds[audience] as readonly string[]).includes(id)) ?? 'guest'
  );
}

/** One language's topics, in reading order; `files` maps `./ID.md` to its source. */
export function topicsOf(files: Readonly<Record<string, string>>): Topic[] {
  return allTopicIds.flatMap((id) => {
    const source = files[`./${id}.md`];
    return source === undefined ? [] : [topicOf(id, source)];
  });
}

/** A first line `# Title`, then lines `words:` and `functions:`, an empty line, and the text. */
function topicOf(id: TopicId, source: string): Topic {
  const [head = '', ...rest] = source.split('\n\n');
  const field = (name: string) =>
    new RegExp(`^${name}: (.*)$`, 'm').exec(source)?.[1]?.trim() ?? '';
  const text = head.includes('\n') || rest.length === 0 ? rest : rest.slice(fieldsIn(rest[0]));
  return {
    id,
    audience: audienceOf(id),
    title: head.split('\n')[0]?.replace(/^# /, '') ?? '',
    words: field('words'),
    functions: field('functions').split(', ').filter(Boolean),
    text: text.join('\n\n').trim(),
  };
}

/** Prettier puts an empty line after a title. */
function fieldsIn(paragraph: string | undefined): number {
  return /^(?:words|functions): /.test(paragraph ?? '') ? 1 : 0;
}

const loaders: Readonly<Record<Language, () => Promise<{ topics: Topic[] }>>> = {
  en: () => import('./en/topics.ts'),
  fr: () => import('./fr/topics.ts'),
};

export async function loadTopics(language: Language): Promise<Topic[]> {
  return (await loaders[language]()).topics;
}
