import { topicsOf } from '../topics.ts';

export const topics = topicsOf(
  import.meta.glob<string>('./*.md', { query: '?raw', import: 'default', eager: true }),
);
