import type { NeedsKey } from './en.ts';

/** Français : ce qu’il faut pour une conférence, en mots et pour les équipes réseau. */
export const fr: Readonly<Record<NeedsKey, string>> = {
  'browsers.title': 'Navigateurs',
  'browsers.lead':
    'Sur ordinateur, tablette ou téléphone. De plus anciens marchent peut-être, mais ne sont pas testés.',
  'browsers.browser': 'Navigateur',
  'browsers.version': 'Version',
  'browsers.share': 'Peut partager un écran',
  'browsers.from': '{version} ou plus récente',
  'browsers.computer': 'sur ordinateur',
  'browsers.never': 'non',
  'browsers.chrome': 'Chrome, Edge, Opera et autres de cette famille',
  'browsers.firefox': 'Firefox',
  'browsers.safari': 'Safari (macOS)',
  'browsers.iphone': 'Navigateurs de l’iPhone et de l’iPad',
  'browsers.android': 'Chrome et Firefox sur Android',

  'bandwidth.title': 'Connexion',
  'bandwidth.what': 'Pour quoi',
  'bandwidth.down': 'Vers vous',
  'bandwidth.up': 'Depuis vous',
  'bandwidth.text': 'Texte et diapositives, lisibles',
  'bandwidth.usual': 'Une conférence ordinaire',
  'bandwidth.film': 'Un film avec son',
  'bandwidth.share': 'Pour partager vous-même',
  'bandwidth.hint':
    'L’image s’adapte à ce que porte la connexion. Les voix ne demandent rien ici : elles passent par le téléphone.',

  'network.title': 'Pour les équipes réseau',
  'network.lead':
    'Connexions sortantes seulement. L’image prend le premier de ces chemins qui marche ; un seul suffit.',
  'network.way': 'Chemin',
  'network.port': 'Port',
  'network.what': 'Pour quoi',
  'network.web': 'Pages, API, WebSocket du canal de contrôle',
  'network.udp': 'Images, le meilleur chemin',
  'network.tcp': 'Images là où UDP est fermé',
  'network.turn': 'Images par TURN',
  'network.turns': 'Images par TURN sur TLS ; traverse les proxys web',
  'network.more': 'Plus sur les pare-feu, les proxys et les VPN',

  'addresses.title': 'Adresses de ce service',
  'addresses.lead': 'Telles que le service les donne maintenant, pour vos règles.',
  'addresses.show': 'Montrer les adresses',
  'addresses.busy': 'Demande en cours…',
  'addresses.portal': 'Portail',
  'addresses.relay': 'Serveur média {region}',
  'addresses.none': 'Aucun serveur média n’est là pour le moment.',
  'addresses.failed': 'Le service ne le dit pas maintenant. Réessayez dans une minute.',
  'addresses.media':
    'Le port média lui-même (UDP et TCP) est donné au début d’une connexion d’image ; 7882, sauf si l’exploitant en a choisi un autre.',
  'addresses.yours': 'Vous venez de {address}.',
};
