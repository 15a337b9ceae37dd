import type { HelpKey } from './en.ts';

/** Le français autour des sujets de l’aide ; les sujets eux-mêmes sont dans le dossier à côté. */
export const fr: Readonly<Record<HelpKey, string>> = {
  'help.page': 'Aide',
  'help.title': 'Aide',
  'help.lead': 'Comment faire, et que faire quand quelque chose ne marche pas.',
  'help.loading': 'Ouverture de l’aide…',
  'help.failed':
    'L’aide n’a pas pu être chargée. Vérifiez votre connexion, puis rechargez la page.',
  'help.lost': 'Ce sujet n’existe pas. Cherchez-le, ou choisissez-en un ci-dessous.',
  'help.back': 'Tous les sujets',
  'help.whole': 'Le guide entier sur une page',
  'help.print': 'Imprimer',
  'help.topics': 'Sujets',
  'help.next': 'Suite',
  'help.previous': 'Avant',
  'help.around': 'Avant et après',

  'audience.guest': 'Pour les invités',
  'audience.presenter': 'Pour les présentateurs',
  'audience.organizer': 'Pour les organisateurs',
  'audience.trouble': 'Quand quelque chose ne marche pas',
  'audience.safety': 'Sécurité',

  'search.form': 'Chercher dans l’aide',
  'search.label': 'Que cherchez-vous ?',
  'search.hint': 'Par exemple : son, pare-feu, lever la main.',
  'search.found': '{count} sujets trouvés.',
  'search.found.one': 'Un sujet trouvé.',
  'search.none': 'Rien trouvé. Essayez un autre mot, ou choisissez un sujet ci-dessous.',
  'search.results': 'Sujets trouvés',

  'guide.title': 'Documentation',
  'guide.text': 'Le guide des invités, des présentateurs et des organisateurs, avec une recherche.',
  'guide.open': 'Ouvrir l’aide',
  'guide.often': 'Souvent demandé',
  'examine.title': 'Outil de diagnostic',
  'examine.text':
    'Quand quelque chose ne marche pas : il examine ce navigateur et votre réseau, dit que faire, et donne au support ce qu’il lui faut.',
  'examine.open': 'Ouvrir l’outil de diagnostic',
  'examine.how': 'Comment il fonctionne',
  'often.join': 'Comment participer à une conférence ?',
  'often.voice': 'Comment entendre et parler ?',
  'often.no-picture': 'Je ne vois pas d’image',
  'often.no-sound': 'Je n’entends rien',
};
