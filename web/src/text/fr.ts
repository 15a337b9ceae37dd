import type { Catalogue } from './en.ts';

/** French. The keys are those of the English catalogue; the compiler and a test compare them. */
export const fr: Catalogue = {
  'nav.skip': 'Aller au contenu',
  'nav.label': 'Rubriques',
  'nav.conference': 'Conférence',
  'nav.support': 'Support',
  'nav.prerequisites': 'Prérequis',

  'band.label': 'Votre identité et vos réglages',
  'band.anonymous': 'Pas encore identifié',
  'band.disconnect': 'Se déconnecter',
  'band.hint': 'Oublier cette identité sur cet ordinateur',
  'band.forgotten': 'Votre identité a été oubliée sur cet ordinateur.',
  'toast.label': 'Messages',
  'toast.close': 'Fermer ce message',
  'foot.contact': 'Assistance :',
  'foot.terms': 'Conditions d’utilisation',
  'foot.privacy': 'Confidentialité',
  'theme.dark': 'Thème sombre',
  'theme.light': 'Thème clair',

  'home.page': 'Participer à une conférence',
  'home.title': 'Participer à une conférence',
  'home.lead': 'Voyez un écran partagé depuis votre navigateur, sans rien installer.',
  'home.form': 'Votre conférence',
  'home.name': 'Nom de la conférence',
  'home.name.hint':
    'Exactement comme vous l’avez reçu : majuscules, minuscules et espaces comptent.',
  'home.name.missing': 'Saisissez le nom de conférence que l’organisateur vous a donné.',
  'home.password': 'Mot de passe',
  'home.password.missing': 'Saisissez le mot de passe que l’organisateur vous a donné.',
  'home.password.show': 'Afficher',
  'home.password.hide': 'Masquer',
  'home.password.show.label': 'Afficher le mot de passe',
  'home.password.hide.label': 'Masquer le mot de passe',
  'home.participate': 'Participer',
  'home.busy': 'Vérification…',
  'home.invited': 'Ouverture de votre invitation…',
  'home.steps': 'Comment participer',
  'home.step1': 'Entrez',
  'home.step1.text': 'Saisissez le nom de la conférence et le mot de passe de votre invitation.',
  'home.step2': 'Présentez-vous',
  'home.step2.text': 'Votre nom apparaît dans la liste des participants.',
  'home.step3': 'Voyez l’écran',
  'home.step3.text': 'Vous parlez par le pont audio et suivez ici l’écran partagé.',

  'colleague.title': 'Travaillez-vous pour l’entreprise de l’organisateur ?',
  'colleague.lead':
    'Avec votre compte d’entreprise, vous participez sous votre nom, sans mot de passe.',
  'colleague.lead.password': 'Avec votre compte d’entreprise, vous participez sous votre nom.',
  'colleague.sign-in': 'Se connecter',
  'colleague.signed-in': 'Vous êtes connecté en tant que {name}.',
  'colleague.name': 'Le nom de la conférence suffit.',
  'colleague.sign-out': 'Se déconnecter',
  'colleague.sign-out.hint':
    'Termine votre session Coopnet, pas celle de votre compte d’entreprise',
  'colleague.expired':
    'Votre session est terminée. Connectez-vous à nouveau, ou saisissez le mot de passe.',
  'colleague.forbidden':
    'Votre compte ne permet pas de participer comme collègue. Saisissez le mot de passe que l’organisateur vous a donné, ou adressez-vous à votre administrateur.',
  'colleague.stranger':
    'Cette connexion a pris trop de temps ou a été commencée dans une autre fenêtre. Connectez-vous à nouveau.',
  'colleague.unavailable':
    'La connexion de l’entreprise ne répond pas. Réessayez dans un instant, ou saisissez le mot de passe.',
  'colleague.failed': 'La connexion n’a pas abouti. Réessayez, ou saisissez le mot de passe.',

  'notice.reload':
    'Cette page a été rouverte. Saisissez encore une fois le nom et le mot de passe de la conférence.',
  'notice.left':
    'Vous avez quitté la conférence. Pour revenir, saisissez à nouveau son nom et son mot de passe.',
  'notice.closed':
    'La conférence ne s’ouvre plus pour vous. Adressez-vous à l’organisateur qui vous a invité.',
  'notice.expired':
    'Votre accès à la conférence a expiré. Saisissez à nouveau son nom et son mot de passe.',

  'refusal.denied':
    'La conférence ne s’est pas ouverte. Vérifiez les majuscules et les espaces du nom et du mot de passe, puis réessayez. Si le refus persiste, adressez-vous à l’organisateur qui vous a invité.',
  'refusal.colleague':
    'La conférence ne s’est pas ouverte. Vérifiez les majuscules et les espaces de son nom, et son horaire. Si le refus persiste, adressez-vous à son organisateur.',
  'refusal.invitation':
    'Ce lien d’invitation n’ouvre aucune conférence. Demandez-en un nouveau à l’organisateur, ou saisissez le nom et le mot de passe de la conférence.',
  'problem.wait': 'Trop d’essais. Réessayez {when}.',
  'problem.wait.later': 'Trop d’essais. Patientez une minute, puis réessayez.',
  'problem.network': 'Le serveur est injoignable. Vérifiez votre connexion, puis réessayez.',
  'problem.timeout': 'Le serveur tarde à répondre. Réessayez dans un instant.',
  'problem.unavailable': 'Le service est surchargé ou redémarre. Réessayez dans un instant.',
  'problem.clock':
    'L’horloge de cet ordinateur ou celle du serveur est décalée de plusieurs minutes. Réglez la vôtre, puis réessayez.',
  'problem.invalid': 'Le formulaire contient une erreur. Corrigez-la, puis réessayez.',
  'problem.unexpected': 'Un incident s’est produit. Rechargez la page, puis réessayez.',

  'identify.page': 'Identification',
  'identify.title': 'Qui êtes-vous ?',
  'identify.lead':
    'Votre civilité et votre nom apparaissent dans la liste des participants de « {conference} ».',
  'identify.form': 'Votre identité',
  'identify.person': 'Civilité',
  'identify.person.hint': 'Facultatif, par exemple M. ou Mme.',
  'identify.person.options': 'Mme|M.|Dr|Pr',
  'identify.name': 'Prénom et nom',
  'identify.name.missing': 'Saisissez votre nom, pour que les autres sachent qui est là.',
  'identify.email': 'Adresse e-mail',
  'identify.email.hint': 'Les autres participants ne la voient pas.',
  'identify.email.missing': 'Saisissez votre adresse e-mail.',
  'identify.email.wrong':
    'Ceci ne ressemble pas à une adresse e-mail. Un exemple : james.bond@example.com',
  'identify.wrong': 'Cette saisie n’a pas été acceptée. Corrigez-la, puis réessayez.',
  'identify.remember': 'Mémoriser mon identité sur cet ordinateur',
  'identify.remember.hint': 'Pas sur un ordinateur que vous partagez avec d’autres.',
  'identify.submit': 'Continuer',
  'identify.busy': 'Enregistrement…',

  'choice.page': 'Rejoindre la conférence',
  'choice.title': 'Comment voulez-vous rejoindre la conférence ?',
  'choice.lead': 'Dans les deux cas, vous voyez l’écran partagé de « {conference} ».',
  'choice.browser': 'Rejoindre sans installation',
  'choice.browser.text':
    'L’écran partagé s’ouvre dans ce navigateur, tout de suite. Rien n’est installé.',
  'choice.browser.badge': 'Recommandé',
  'choice.software': 'Rejoindre avec le logiciel',
  'choice.software.text':
    'Un programme installé qui peut aussi partager une application ou votre bureau.',

  'conference.page': 'Conférence',
  'conference.eyebrow': 'Votre conférence',
  'conference.bridges': 'Appelez pour entendre et parler',
  'conference.bridges.lead':
    'La voix passe par le téléphone. Appelez l’un de ces numéros, puis saisissez le code.',
  'conference.bridges.none':
    'L’organisateur n’a donné aucun numéro. Demandez-lui comment entendre les autres s’il ne vous l’a pas dit.',
  'conference.audio': 'Audio',
  'conference.video': 'Visioconférence',
  'conference.code': 'Code',
  'conference.screen': 'Voyez l’écran partagé',
  'conference.screen.lead':
    'Appuyez ensuite sur le bouton pour rejoindre l’outil de travail coopératif.',
  'conference.submit': 'Valider',
  'conference.when': 'Du {start} au {end}',
  'conference.unfit':
    'Il manque à ce navigateur quelque chose dont l’écran partagé a besoin. La page des prérequis dit quoi.',
  'conference.control':
    'Par sécurité, la demande de contrôle d’une application partagée n’est pas proposée aux invités.',

  'tool.page': 'Écran partagé',
  'tool.loading': 'Ouverture de l’outil…',
  'tool.loading.failed':
    'L’outil n’a pas pu être chargé. Vérifiez votre connexion, puis rechargez la page.',
  'tool.stage': 'Écran partagé',
  'tool.sound': 'Activer le son',
  'tool.leave': 'Quitter',
  'tool.guest': 'invité',
  'tool.shares': 'Partages',
  'tool.shares.none': 'Personne ne partage en ce moment.',
  'tool.shares.watch': 'Voir',
  'tool.shares.watch.label': 'Voir {label} de {name}',
  'tool.shares.viewed': 'Sur votre écran',
  'tool.shares.sound': 'avec le son',
  'tool.follow': 'Suivre le présentateur',
  'tool.follow.on':
    'Vous suivez le présentateur : si autre chose est montré à tous, vous le voyez aussi.',
  'tool.follow.off': 'Vous avez choisi ce partage vous-même.',
  'tool.panel': 'À côté de l’image',
  'tool.panel.conference': 'Conférence',
  'tool.bridges': 'Voix',
  'tool.own': 'Vous partagez « {label} »',
  'tool.own.text':
    'Les participants le voient en ce moment. Il est masqué ici pour éviter un jeu de miroirs.',
  'tool.own.show': 'Montrer ce qu’ils voient',

  'way.picture': 'L’image arrive {way}.',
  'way.share': 'Votre partage part {way}.',
  'way.udp': 'directement, en UDP',
  'way.tcp': 'directement, en TCP',
  'way.turn-udp': 'par le serveur TURN, en UDP',
  'way.turn-tcp': 'par le serveur TURN, en TCP',
  'way.turn-tls': 'par le serveur TURN, en TLS',
  'way.turn-tls.port': 'par le serveur TURN, en TLS (port {port})',

  'lobby.page': 'Salle d’attente',
  'lobby.title': 'Vous attendez que l’on vous fasse entrer',
  'lobby.text':
    'Quelqu’un de l’entreprise doit vous faire entrer. L’écran partagé apparaîtra alors de lui-même.',
  'lobby.as': 'Vous êtes annoncé sous le nom de {name}.',
  'lobby.cancel': 'Ne plus attendre',

  'door.title': 'En attente à l’entrée',
  'door.one': '{name} attend d’entrer.',
  'door.many': '{count} personnes attendent d’entrer, {name} en premier.',
  'door.admit': 'Faire entrer',
  'door.admit.label': 'Faire entrer {name}',
  'door.refuse': 'Refuser',
  'door.refuse.label': 'Refuser {name}',
  'door.more': 'Et {count} de plus.',
  'door.hint': 'Les invités indiquent eux-mêmes leur nom.',
  'door.failed': 'Cela n’a pas été possible. Réessayez.',

  'state.lobby': 'Salle d’attente',
  'state.connecting': 'Connexion',
  'state.connecting.text': 'Connexion à la conférence…',
  'state.connecting.first': 'Un partage est en cours. Son image arrive…',
  'state.connecting.blocked':
    'Votre réseau ne laisse pas passer l’image. Un nouvel essai est en cours ; un autre réseau, par exemple celui d’un téléphone, peut aider. La page « Prérequis » dit ce qu’il faut.',
  'state.waiting': 'En attente',
  'state.waiting.text': 'Personne ne partage encore. L’image apparaîtra ici d’elle-même.',
  'state.waiting.stopped': 'Le partage est terminé. Le prochain apparaîtra ici de lui-même.',
  'state.live': 'En direct',
  'state.live.text': '{name} · {label}',
  'state.reconnecting': 'Reconnexion',
  'state.reconnecting.control':
    'Le lien avec la conférence a été interrompu. Il se rétablit ; vous n’avez rien à faire.',
  'state.reconnecting.media':
    'La connexion a été interrompue et l’image est peut-être figée. Elle revient d’elle-même ; vous n’avez rien à faire.',
  'state.frozen': 'Pas d’image',
  'state.frozen.still': 'Figée',
  'state.frozen.presenter':
    'La connexion du présentateur est interrompue. L’image reprendra d’elle-même.',
  'state.frozen.format':
    'Ce navigateur ne sait pas afficher le format de ce partage ({format}). Ouvrez la conférence dans une version récente de Chrome, Edge ou Safari.',
  'state.frozen.undecodable':
    'Un partage est en cours, mais son image n’arrive pas. Elle est redemandée. Si cela dure, demandez au présentateur de partager à nouveau.',
  'state.frozen.black':
    'L’image partagée est entièrement noire. Si ce n’est pas voulu, demandez au présentateur de partager à nouveau.',
  'state.ended': 'Terminée',
  'state.ended.text': 'La conférence est terminée. Merci de votre participation.',
  'state.ended.refused':
    'La conférence ne vous laisse pas (ou plus) entrer. Adressez-vous à l’organisateur.',
  'state.removed': 'Exclu',
  'state.removed.text': 'L’organisateur vous a retiré de la conférence.',
  'state.replaced': 'Ouverte ailleurs',
  'state.replaced.text':
    'Vous avez ouvert cette conférence dans une autre fenêtre ou un autre onglet. Elle s’y poursuit.',
  'state.replaced.here': 'Continuer ici',
  'state.back': 'Retour au début',

  'share.button': 'Partager',
  'share.title': 'Partager un écran',
  'share.lead':
    'Après « Choisir », votre navigateur demande quel onglet, quelle fenêtre ou quel écran montrer.',
  'share.label': 'Nom du partage',
  'share.label.default': 'Écran',
  'share.hint': 'Qu’allez-vous montrer ?',
  'share.text': 'Texte, présentation, applications',
  'share.text.hint': 'La netteté des lettres d’abord.',
  'share.motion': 'Film, animation',
  'share.motion.hint': 'La fluidité du mouvement d’abord.',
  'share.start': 'Choisir',
  'share.cancel': 'Annuler',
  'share.stop': 'Arrêter le partage',
  'share.choosing': 'Choisissez dans la fenêtre du navigateur ce que vous partagez.',
  'share.connecting': 'Votre partage démarre…',
  'share.live': 'Vous partagez « {label} ».',
  'share.reconnecting': 'La connexion a été interrompue. Votre partage reprend de lui-même.',
  'share.ended': 'Votre partage est terminé.',
  'share.ended.network':
    'La connexion a été perdue trop longtemps : votre partage est terminé. Vous pouvez partager à nouveau.',
  'share.ended.full':
    'La conférence n’accepte pas d’autre partage pour le moment. Réessayez dans une demi-minute.',
  'share.ended.refused':
    'La conférence n’a pas accepté votre partage. Adressez-vous à l’organisateur.',
  'share.ended.capture':
    'Le navigateur n’a pas pu capturer l’écran. Vérifiez ses autorisations, puis réessayez.',

  'support.page': 'Support',
  'support.title': 'Support',
  'support.lead': 'Comment Coopnet fonctionne, et que faire quand quelque chose ne va pas.',
  'support.contact': 'Contact',
  'support.contact.text':
    'Votre premier contact est l’organisateur qui vous a invité. Dites-lui ce que la page affiche et quel navigateur vous utilisez.',
  'support.contact.of': 'Contact pour cette conférence :',
  'support.check': 'Vérifier ce navigateur',

  'prerequisites.page': 'Prérequis',
  'prerequisites.title': 'Prérequis techniques',
  'prerequisites.lead': 'Ce dont Coopnet a besoin, et si ce navigateur l’offre.',
  'prerequisites.needs': 'Ce qu’il vous faut',
  'prerequisites.browser':
    'Chrome, Edge, Firefox ou Safari à jour, sur ordinateur, tablette ou téléphone.',
  'prerequisites.network':
    'Une connexion internet de 1 Mbit/s ou plus. L’image voyage en UDP ; si un pare-feu d’entreprise l’empêche, elle essaie TCP d’elle-même, parfois plus lentement.',
  'prerequisites.phone': 'Un téléphone pour le pont audio.',
  'prerequisites.install': 'Rien à installer, aucun droit d’administrateur.',
  'prerequisites.check': 'Ce navigateur',
  'prerequisites.good': 'Ce navigateur permet de participer à une conférence.',
  'prerequisites.bad':
    'Ce navigateur ne permet pas de participer à une conférence. Utilisez-en un à jour.',
  'prerequisites.secure': 'Connexion sécurisée',
  'prerequisites.secure.no': 'Ouvrez le portail en https.',
  'prerequisites.webrtc': 'Images en direct (WebRTC)',
  'prerequisites.webrtc.no':
    'Utilisez un navigateur à jour, ou demandez à votre administrateur d’autoriser WebRTC.',
  'prerequisites.codecs': 'Formats d’image',
  'prerequisites.codecs.no': 'Ce navigateur n’affiche ni VP9, ni VP8, ni H.264, ni AV1.',
  'prerequisites.cookies': 'Cookies',
  'prerequisites.cookies.no': 'Autorisez les cookies pour ce site.',
  'prerequisites.capture': 'Partage d’écran',
  'prerequisites.capture.no':
    'Ce navigateur ne peut pas partager d’écran. Vous pouvez tout de même regarder.',
  'prerequisites.yes': 'disponible',
  'prerequisites.missing': 'absent',
  'prerequisites.optional': 'indisponible (utile seulement pour partager)',

  'lost.page': 'Page introuvable',
  'lost.title': 'Cette page n’existe pas',
  'lost.text': 'L’adresse est peut-être mal saisie ou ancienne.',
  'lost.home': 'Aller au début',
};
