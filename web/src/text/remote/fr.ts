import type { RemoteCatalogue } from './en.ts';

export const fr: RemoteCatalogue = {
  ask: 'Demander le contrôle',
  'ask.label': 'Demander à {name} le contrôle de « {label} »',
  by: '{controller} contrôle',
  'by.you': 'Vous contrôlez',

  'strip.asking': 'On demande à {name} si vous pouvez contrôler son bureau…',
  'strip.cancel': 'Ne plus demander',
  'strip.controlling': 'Vous contrôlez le bureau de {name}.',
  'strip.keys': '{leave} quitte l’image, {stop} met fin au contrôle.',
  'strip.keys.full':
    '{leave} quitte l’image, {stop} met fin au contrôle. Maintenez Échap pour quitter le plein écran.',
  'strip.focus': 'Vos touches restent ici. Cliquez sur l’image pour continuer là-bas.',
  'strip.elsewhere': 'Vous regardez autre chose.',
  'strip.back': 'Retour au bureau',
  'strip.stop': 'Arrêter le contrôle',
  'strip.wide': 'Plein écran',
  'strip.full': 'Plein écran, avec toutes les touches',
  'strip.other': '{controller} contrôle le bureau de {name}.',
  'strip.own': '{controller} contrôle votre bureau.',
  'strip.end': 'Mettre fin au contrôle',
  'surface.label':
    'Le bureau de {name}, que vous contrôlez. {leave} le quitte, {stop} met fin au contrôle.',
  'key.stop': 'Ctrl+Maj+F12',
  'key.leave': 'Ctrl+Maj+F11',

  'no.denied': '{name} ne souhaite pas d’aide à distance pour l’instant.',
  'no.busy':
    'Une demande à {name} est déjà en cours, ou quelqu’un contrôle. Réessayez dans une minute.',
  'no.conflict':
    'Une demande à {name} est déjà en cours, ou quelqu’un contrôle. Réessayez dans une minute.',
  'no.unverified': 'Le logiciel de {name} n’a pas pu vérifier qui vous êtes. Réessayez.',
  'no.expired': '{name} n’a pas répondu.',
  'no.gone': 'Le partage de {name} est terminé.',
  'no.ended': 'Le partage de {name} est terminé.',
  'no.absent':
    'Le logiciel de {name} n’a pas de connexion en ce moment. Réessayez dans une minute.',
  'no.forbidden': 'Vous ne pouvez pas contrôler le bureau de {name}.',
  'no.pace': 'Vous avez demandé souvent en peu de temps. Réessayez dans une demi-minute.',
  'no.lost': 'La connexion a été interrompue. Demandez de nouveau à {name}.',
  'no.failed': 'La demande à {name} n’a pas abouti. Réessayez.',
  'input.lossy':
    'Le réseau vers {name} est lent : une partie de vos actions ne lui est pas parvenue. Regardez l’image avant de continuer.',
  'input.long': 'Le texte est trop long : rien n’a été envoyé. Insérez-le par parties.',
  'end.stopped': '{name} a mis fin à votre contrôle.',
  'end.idle':
    'Votre contrôle du bureau de {name} a pris fin : rien n’a été fait pendant deux minutes.',
  'end.expired':
    'Votre contrôle du bureau de {name} a pris fin après une heure. Vous pouvez redemander.',
  'end.left': '{name} a quitté la conférence.',
  'end.reconnected':
    'La connexion a été interrompue, ce qui met fin à votre contrôle du bureau de {name}. Vous pouvez redemander.',
  'end.ended': 'Le partage de {name} est terminé, et votre contrôle avec lui.',
  'end.removed': 'Un organisateur a mis fin à votre contrôle du bureau de {name}.',
  'end.other': 'Votre contrôle du bureau de {name} a pris fin.',
};
