import type { DiagnosticCatalogue } from './en.ts';

export const fr: DiagnosticCatalogue = {
  page: 'Outil de diagnostic',
  title: 'Outil de diagnostic',
  lead: 'Trouve ce qui fonctionne entre cet ordinateur et les serveurs de conférence, et que faire pour le reste.',
  intro:
    'Le test dure d’une demi-minute à une minute et utilise quelques mégaoctets. Rien n’est envoyé à l’assistance sans votre accord, à la fin.',
  'intro.inside':
    'Vous êtes dans une conférence. Elle continue, mais son image peut saccader pendant que le test mesure la ligne.',
  start: 'Lancer le test',
  again: 'Refaire le test',
  stop: 'Arrêter',
  progress: 'Tests faits : {done} sur {all}',
  'progress.label': 'Avancement du test',
  'said.running': 'Le test est en cours.',
  'said.stopped': 'Le test a été arrêté. Ce qui a été trouvé jusque-là est plus bas.',

  'verdict.passed': 'Tout fonctionne. Vous pouvez participer.',
  'verdict.warning': 'Vous pouvez participer, mais tout n’est pas comme il faudrait.',
  'verdict.failed': 'Quelque chose vous empêche de participer.',
  'verdict.skipped': 'Trop peu a été testé pour conclure.',

  'state.waiting': 'en attente',
  'state.running': 'en cours…',
  'state.passed': 'bien',
  'state.warning': 'à noter',
  'state.failed': 'échec',
  'state.skipped': 'sans avis',

  'group.computer': 'Navigateur et ordinateur',
  'group.servers': 'Serveurs',
  'group.ways': 'Chemins pour l’image',
  'group.network': 'Réseau',
  'group.picture': 'Image',
  'row.parts': 'Un par un',
  'row.took': 'Durée : {seconds} s',
  'row.repeat': 'Refaire ce test',
  'row.repeat.of': 'Refaire : {check}',
  'row.capture': 'Essayer le partage d’écran',

  'causes.title': 'Ce qui est probablement en cause',

  'cause.offline': 'Cet ordinateur n’a pas de réseau.',
  'cause.offline.do': 'Connectez-le, puis refaites le test.',
  'cause.insecure': 'La page a été ouverte sans chiffrement.',
  'cause.insecure.do':
    'Ouvrez-la avec https://. Les navigateurs ne montrent des images en direct que sur une page sécurisée.',
  'cause.browser':
    'Le navigateur est trop ancien, ou n’a pas ce qu’il faut pour les images en direct.',
  'cause.browser.do': 'Prenez Chrome, Edge, Firefox ou Safari dans une version actuelle.',
  'cause.webrtc-off':
    'Une extension ou votre entreprise a désactivé les images en direct (WebRTC).',
  'cause.webrtc-off.do':
    'Essayez une fenêtre privée ou un autre navigateur, ou demandez à votre administrateur.',
  'cause.cookies': 'Le navigateur bloque les cookies.',
  'cause.cookies.do': 'Autorisez-les pour ce site : l’accès à une conférence y est gardé.',
  'cause.clock': 'L’horloge de l’ordinateur est fausse.',
  'cause.clock.do':
    'Réglez la date, l’heure et le fuseau. Avec une horloge fausse, les connexions sécurisées échouent.',
  'cause.portal': 'Un proxy ou un pare-feu bloque le portail, ou son serveur est arrêté.',
  'cause.portal.do':
    'Essayez un autre réseau, celui d’un téléphone par exemple. Si cela marche, c’est le pare-feu.',
  'cause.relays-blocked': 'Un proxy ou un pare-feu bloque les noms des serveurs de médias.',
  'cause.relays-blocked.do':
    'Donnez à votre équipe réseau le texte plus bas : il nomme tous les serveurs.',
  'cause.tls-inspection':
    'Un pare-feu ouvre le trafic chiffré (inspection TLS) et ne laisse passer que des pages Web.',
  'cause.tls-inspection.do':
    'Demandez à votre équipe réseau d’exempter les serveurs de médias de l’inspection. D’ici là, prenez un autre réseau.',
  'cause.web-only': 'Un pare-feu ne laisse sortir que le Web chiffré.',
  'cause.web-only.do':
    'L’image fait le détour par TURN et TLS, et peut prendre du retard. Votre équipe réseau peut ouvrir UDP.',
  'cause.media-blocked': 'Un pare-feu laisse passer les pages Web, mais pas les images.',
  'cause.media-blocked.do':
    'Donnez à votre équipe réseau le texte plus bas. D’ici là, prenez un autre réseau, par exemple celui d’un téléphone.',
  'cause.udp-blocked': 'Un pare-feu bloque UDP.',
  'cause.udp-blocked.do':
    'L’image passe en TCP et peut prendre du retard sur une mauvaise ligne. Votre équipe réseau peut ouvrir UDP.',
  'cause.media-port': 'Un pare-feu bloque le port des médias, mais pas TURN.',
  'cause.media-port.do':
    'L’image fait le détour par TURN. Votre équipe réseau peut ouvrir le port des médias.',
  'cause.control-blocked':
    'Quelque chose, entre ici et les serveurs de médias, coupe le canal de commande.',
  'cause.control-blocked.do': 'Donnez à votre équipe réseau le texte plus bas.',
  'cause.websocket-proxy': 'Un proxy ne laisse pas passer WebSocket.',
  'cause.websocket-proxy.do':
    'Le remplaçant fonctionne, un peu plus lentement. Votre équipe réseau peut autoriser WebSocket.',
  'cause.packets': 'Un VPN ou un tunnel ne laisse passer que de petits paquets.',
  'cause.packets.do': 'Essayez sans le VPN. Votre équipe réseau peut augmenter la MTU.',
  'cause.vpn': 'Un VPN, un tunnel ou un réseau mobile est peut-être en cause.',
  'cause.vpn.do': 'Essayez sans le VPN, si vous en avez le droit.',
  'cause.nat': 'Le routeur donne à chaque connexion une autre adresse extérieure (NAT symétrique).',
  'cause.nat.do': 'TURN aide. Un autre réseau ou un autre routeur marche mieux.',
  'cause.relay-down': 'Un serveur de médias ne répond pas, d’autres répondent.',
  'cause.relay-down.do': 'Envoyez le rapport : cela regarde l’assistance.',
  'cause.idle': 'Un pare-feu ou un routeur oublie les connexions où peu de choses passent.',
  'cause.idle.do': 'Coopnet se reconnecte tout seul. Votre équipe réseau peut allonger la durée.',
  'cause.computer': 'Cet ordinateur est trop lent, ou occupé à autre chose.',
  'cause.computer.do': 'Fermez d’autres programmes et branchez le chargeur.',
  'cause.uplink': 'La ligne est étroite en envoi.',
  'cause.uplink.do':
    'Suspendez envois et sauvegardes, branchez un câble, ou prenez un autre réseau.',
  'cause.downlink': 'La ligne est étroite en réception.',
  'cause.downlink.do':
    'Suspendez téléchargements et films, branchez un câble, ou prenez un autre réseau.',
  'cause.loss': 'Des paquets se perdent en chemin ; souvent, c’est le Wi-Fi.',
  'cause.loss.do': 'Rapprochez-vous du Wi-Fi, ou branchez un câble.',
  'cause.distance': 'Le chemin jusqu’au serveur de médias est long ou encombré.',
  'cause.distance.do': 'Essayez sans le VPN : il passe peut-être par un autre pays.',
  'cause.decoder': 'Le décodeur du navigateur échoue.',
  'cause.decoder.do':
    'Désactivez l’accélération matérielle dans ses réglages, ou mettez à jour le pilote graphique.',
  'cause.capture-permission': 'Le système ne laisse pas le navigateur capturer l’écran.',
  'cause.capture-permission.do':
    'Autorisez-le dans les réglages de confidentialité du système, puis redémarrez le navigateur.',
  'cause.capture-black':
    'La fenêtre choisie est protégée, réduite, ou dessinée sans passer par le navigateur.',
  'cause.capture-black.do': 'Choisissez une autre fenêtre ou tout l’écran.',
  'cause.servers': 'Les horloges des serveurs diffèrent entre elles.',
  'cause.servers.do': 'Envoyez le rapport : cela regarde l’assistance.',

  'team.title': 'Pour votre équipe réseau',
  'team.lead': 'Ce qu’elle doit savoir, en français et en anglais : copiez-le dans un message.',
  'team.copy': 'Copier le texte',
  'team.copied': 'Copié.',
  'team.uncopied': 'Le navigateur n’a pas copié. Sélectionnez le texte et copiez-le vous-même.',
  'team.text': 'Texte pour l’équipe réseau',
  'team.head': 'Coopnet : ce que le réseau doit laisser passer',
  'team.site': 'Portail : {url}',
  'team.tested': 'Test du {when}, {browser}. Résultat : {result}',
  'team.failed': 'Ce qui n’a pas fonctionné :',
  'team.nothing': 'Tout a fonctionné.',
  'check.found': '{check} : {found}',
  'team.causes': 'Cause probable :',
  'team.allow': 'Merci d’autoriser ces connexions sortantes :',
  'team.portal': '{host}, TCP {port} : pages et appels (HTTPS)',
  'team.relay': '{host} ({region}) :',
  'team.web': 'TCP {port} : HTTPS et WebSocket, sans inspection TLS',
  'team.media': '{protocol} {port}, adresses {addresses} : image (ICE, DTLS-SRTP)',
  'team.turn': '{protocol} {port} : TURN (RFC 8656)',
  'team.turns': 'TCP {port} : TURN en TLS, sans inspection TLS',
  'team.rules':
    'Rien n’est à ouvrir de l’extérieur. UDP est le mieux ; là où il ne peut être ouvert, TCP suffit. Les connexions silencieuses devraient être gardées 60 secondes.',

  'send.title': 'Envoyer le rapport à l’assistance',
  'send.lead':
    'Elle voit alors ce que vous voyez ici, joint à ce que les serveurs ont noté. Vous recevez un code court à lire au téléphone.',
  'send.comment': 'Quel est le problème ?',
  'send.comment.hint': 'Avec vos mots, par exemple depuis quand. Peut rester vide.',
  'send.name': 'Votre nom',
  'send.name.hint': 'Pour que l’assistance vous salue. Peut rester vide.',
  'send.preview': 'Voir exactement ce qui est envoyé',
  'send.preview.text': 'Le rapport, tel qu’il est envoyé',
  'send.consent': 'J’accepte d’envoyer ce rapport à l’assistance',
  'send.consent.hint':
    'Il ne contient ni mot de passe, ni image, ni adresse de cet ordinateur, et il est effacé après 30 jours.',
  'send.consent.missing': 'Cochez la case si vous êtes d’accord.',
  'send.send': 'Envoyer le rapport',
  'send.file': 'Enregistrer dans un fichier',
  'send.failed':
    'Le rapport n’a pas pu être envoyé. Enregistrez-le dans un fichier et envoyez celui-ci autrement à l’assistance.',
  'send.failed.later':
    'Trop de rapports sont venus de votre site. Enregistrez-le dans un fichier, ou réessayez plus tard.',

  'sent.title': 'Le rapport est arrivé',
  'sent.lead': 'Lisez ce code à l’assistance, au téléphone. À lui seul, il ne dit rien de vous.',
  'sent.code': 'Code',
  'sent.spelt': 'Épelé',
  'sent.copy': 'Copier le code',
  'sent.withdraw': 'Reprendre le rapport',
  'sent.withdrawn': 'Le rapport est effacé.',
  'sent.withdraw.failed': 'Le rapport n’a pas pu être effacé maintenant. Réessayez.',

  alphabet:
    'Anatole Berthe Célestin Désiré Eugène François Gaston Henri Irma Joseph Kléber Louis Marcel Nicolas Oscar Pierre Quintal Raoul Suzanne Thérèse Ursule Victor William Xavier Yvonne Zoé',
  digits: 'zéro un deux trois quatre cinq six sept huit neuf',
  hyphen: 'tiret',
};
