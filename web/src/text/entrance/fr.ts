import type { EntranceKey } from './en.ts';

/** Français : du lien à la conférence. */
export const fr: Readonly<Record<EntranceKey, string>> = {
  'early.title': 'Pas encore ouverte',
  'early.opens': 'La conférence ouvre le {when}.',
  'early.there': 'Pour l’organisateur, dans le fuseau {zone}, c’est le {when}.',
  'early.left': 'Ouvre dans',
  'early.text':
    'Vous n’avez rien à faire : l’écran partagé apparaîtra ici de lui-même. Vous pouvez déjà appeler le pont audio.',
  'early.long':
    'Vous pouvez fermer cette page et revenir à ce moment-là, de la même façon qu’aujourd’hui. Gardez votre invitation.',
  'early.said': 'La conférence ouvre dans moins de {time}.',
  'early.soon': 'Ouverture…',
  'early.calendar': 'Ajouter à mon agenda',
  'early.calendar.file': 'conference.ics',

  'who.title': 'Votre identité ici',
  'who.as': 'Les autres vous voient sous le nom',
  'who.change': 'Modifier',
  'who.ways': 'Autres façons de participer',

  'call.with': 'Appeler le {number} ; le code est composé aussi',
  'call.without': 'Appeler le {number}',
  'call.open': 'Appeler {number} avec votre système de visioconférence',
  'call.copy': 'Copier',
  'call.copy.label': 'Copier le code {code}',
  'call.copied': 'Code {code} copié.',
  'call.copy.failed': 'La copie n’est pas possible ici. Le code est {code}.',

  'kept.label': 'Mémoriser le nom de la conférence sur cet ordinateur',
  'kept.hint': 'Pratique pour une conférence qui revient. Le mot de passe n’est jamais conservé.',
  'kept.forget': 'Oublier les noms mémorisés',
  'kept.forgotten': 'Les noms de conférence mémorisés ont été oubliés.',

  'test.title': 'Cet ordinateur est-il prêt ?',
  'test.lead':
    'Un test de quelques secondes, avant la conférence. Votre écran n’est pas regardé, et personne n’en est informé.',
  'test.run': 'Tester cet ordinateur',
  'test.again': 'Tester à nouveau',
  'test.running': 'Test en cours… {done} sur {all}',
  'test.good': 'Cet ordinateur est prêt pour une conférence.',
  'test.warn': 'Cet ordinateur permet de participer, avec des limites :',
  'test.bad': 'En l’état, cet ordinateur ne permet pas de participer :',
  'test.failed': 'Le test n’a pas pu être chargé. Vérifiez votre connexion, puis réessayez.',
  'test.help': 'Que faire',
  'test.more': 'Examiner davantage avec l’outil de diagnostic',

  'help.refused': 'Que vérifier',
  'help.voice': 'Comment fonctionne le pont audio',
  'help.identity': 'Ce que devient mon nom',
};
