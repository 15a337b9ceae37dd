import type { LaunchCatalogue } from './en.ts';

export const fr: LaunchCatalogue = {
  'badge.some': 'Version {version} · {size}',
  'badge.none': 'Pas encore disponible',
  'badge.computers': 'Pour ordinateurs',

  'offer.none':
    'Il n’y a pas encore de logiciel pour votre système. Rejoignez sans installation : vous verrez tout aussi bien l’écran partagé.',
  'offer.insist': 'Je l’ai déjà : le démarrer',
  'offer.phone':
    'Le logiciel est fait pour les ordinateurs. Sur un téléphone ou une tablette, rejoignez sans installation : vous verrez tout aussi bien l’écran partagé.',
  early:
    'La conférence n’est pas encore ouverte ; le logiciel pourra démarrer quand elle le sera. La page suivante dit quand.',
  'early.page': 'Vers la page de la conférence',
  closed:
    'La conférence ne vous est plus ouverte. Adressez-vous à son organisateur, ou rejoignez-la de nouveau.',

  'launch.title': 'Rejoindre avec le logiciel',
  'progress.asking': 'Un instant…',
  'progress.ready': 'Tout est prêt. Démarrez le logiciel avec le bouton.',
  'progress.opened': 'Le logiciel va démarrer…',
  'progress.late': 'Le logiciel n’a pas encore répondu. Voici ce qui aide.',
  'progress.started': 'Vous y êtes, dans le logiciel.',
  'progress.started.version': 'Vous y êtes, dans le logiciel (version {version}).',
  'progress.old': 'Le logiciel de cet ordinateur est en version {version}, trop ancienne.',
  'progress.expired': 'Le logiciel n’a pas démarré à temps. Réessayez.',
  'progress.failed': 'Le logiciel n’a pas pu être démarré.',
  start: 'Démarrer le logiciel',
  again: 'Réessayer',
  without: 'Rejoindre sans installation',

  'ask.title': 'Votre navigateur a-t-il posé une question ?',
  'ask.chromium':
    'Votre navigateur demande, en haut de la page, s’il peut ouvrir le logiciel. Appuyez sur le bouton qui commence par « Ouvrir ».',
  'ask.edge':
    'Edge demande, en haut de la page, s’il peut ouvrir le logiciel. Appuyez sur « Ouvrir ».',
  'ask.linux':
    'Votre navigateur demande, en haut de la page, s’il peut ouvrir « xdg-open », qui démarre le logiciel. Appuyez sur « Ouvrir xdg-open ».',
  'ask.firefox':
    'Firefox demande, en haut de la page, s’il peut ouvrir le lien. Appuyez sur « Ouvrir le lien ».',
  'ask.safari': 'Safari demande si cette page peut ouvrir le logiciel. Appuyez sur « Autoriser ».',

  'install.title': 'Le logiciel n’est pas encore installé ?',
  'install.lead': 'Il faut moins de deux minutes, et aucun droit d’administrateur.',
  'install.lead.package':
    'Il faut moins de deux minutes. Votre système demande le mot de passe d’un administrateur.',
  'install.unknown':
    'La liste du logiciel n’est pas lisible en ce moment. Réessayez dans une minute, ou rejoignez sans installation.',
  'install.download': 'Télécharger la version {version} ({size})',
  'install.file.chromium': 'Le fichier apparaît en haut à droite, sous la flèche vers le bas.',
  'install.file.edge':
    'Le fichier apparaît en haut à droite. Si Edge le demande, choisissez « Conserver ».',
  'install.file.firefox': 'Le fichier apparaît en haut à droite, sous la flèche vers le bas.',
  'install.file.safari': 'Le fichier apparaît en haut à droite, sous la flèche vers le bas.',
  'install.run.windows':
    'Ouvrez le fichier et validez chaque fenêtre. Si Windows ne connaît pas l’éditeur, vérifiez d’abord le fichier comme indiqué ci-dessous.',
  'install.run.linux': 'Ouvrez le fichier : la logithèque de votre système l’installe.',
  'install.run.macos':
    'Ouvrez le fichier et suivez ses fenêtres. Sur macOS, le logiciel a été peu essayé jusqu’ici.',
  'install.back': 'Revenez sur cette page et appuyez sur « Réessayer ».',
  'install.none':
    'Aucun n’est publié ici pour votre système. Adressez-vous à qui s’occupe de votre ordinateur, ou rejoignez sans installation.',
  'install.rights':
    'Si vous ne pouvez rien installer sur cet ordinateur, adressez-vous à son administrateur, ou rejoignez sans installation.',

  'old.title': 'Mettre à jour le logiciel',
  'old.text':
    'Laissez-le se mettre à jour dans sa propre fenêtre, puis appuyez sur « Réessayer ». Ou installez vous-même la nouvelle version :',

  'check.title': 'Vérifier le fichier',
  'check.text':
    'Dans le dossier de vos téléchargements, cette commande affiche l’empreinte du fichier (SHA-256) :',
  'check.must':
    'Elle doit être celle-ci. Si elle est différente, supprimez le fichier et prévenez votre assistance.',

  'started.title': 'Le logiciel a rejoint la conférence',
  'started.text': 'Vous pouvez continuer là-bas. La voix passe par le téléphone.',
  'started.newer': 'La version {version} est parue depuis ; le logiciel vous la propose.',
  'started.numbers': 'Numéros de téléphone',
  'started.watch': 'Regarder ici aussi',
  'started.anew': 'Le redémarrer',

  'keep.label': 'Toujours rejoindre ainsi sur cet ordinateur',
  'keep.hint':
    '« Se déconnecter » l’oublie. Pas sur un ordinateur que vous partagez avec d’autres.',
};
