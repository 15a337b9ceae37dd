package text

import "strings"

// Endings are what is said when something does not go on: what has happened, and what to do next.
type Endings struct {
	Code        string // the launch is none
	Policy      string // of the administrator, which cannot be followed
	Used        string // the code is used, or too old
	Unreachable string
	Unavailable string // for the moment
	Denied      string
	NoShare     string // this participant may not share
	Gone        string // what was shared has been closed
	Lost        string // the network was away for too long
	Lobby       string // waiting to be let in, with {conference}
	Updated     string
	ByHand      string            // the user has to install, with {command}
	Closed      map[string]string // by session.Reason
	Unsupported map[string]string // by capture.Reason
}

// EndingsFor returns the endings of a language tag, as For does.
func EndingsFor(language string) Endings {
	if strings.HasPrefix(strings.ToLower(language), "fr") {
		return frenchEndings()
	}
	return englishEndings()
}

func englishEndings() Endings {
	return Endings{
		Code:        "Coopnet is started from the page of a conference. Open the page, and choose to share with the software there.",
		Policy:      "The settings of your administrator for Coopnet cannot be read or trusted. Tell your administrator.",
		Used:        "This start was used already, or is more than five minutes old. Go back to the page of the conference and start the software again.",
		Unreachable: "The portal cannot be reached. Check your connection, then start the software again from the page of the conference.",
		Unavailable: "The portal is busy at the moment. Wait a minute, then start the software again from the page of the conference.",
		Denied:      "The conference cannot be joined any more with this start. Go back to the page of the conference and join again.",
		NoShare:     "You may watch this conference, but not share in it. Ask who invited you.",
		Gone:        "What you shared has been closed, so sharing has ended.",
		Lost:        "The connection was away for too long, so sharing has ended. Start the software again from the page of the conference.",
		Lobby:       "Waiting to be let into “{conference}”…",
		Updated:     "The new version is being installed. In a minute, start the software again from the page of the conference.",
		ByHand:      "The new version has been fetched. To install it, run this in a terminal: {command}",
		Closed: map[string]string{
			"ended":    "The conference has ended.",
			"removed":  "An organizer has removed you from the conference.",
			"replaced": "You are now sharing from another computer or another start of the software, so this one has ended.",
			"locked":   "An organizer has locked the conference. Ask to be let in.",
		},
		Unsupported: map[string]string{
			"no-display":    "There is no screen to share here. Sign in at this computer’s own screen, or share in the browser.",
			"no-xwayland":   "This session (Wayland) has no XWayland, in which the software shows its windows. Install the package xwayland and sign in again, or share in the browser.",
			"no-portal":     "This desktop did not let its screen be shared. Install its screen sharing (xdg-desktop-portal and the package for this desktop), sign in again and try once more, or share in the browser.",
			"no-pipewire":   "The desktop hands out pictures through PipeWire, and none came. Install PipeWire with WirePlumber (packages pipewire and wireplumber) and sign in again, or share in the browser.",
			"refused":       "You said no to the desktop’s question, so nothing is shared. If you did not mean to, start the software again from the page of the conference.",
			"no-permission": "macOS does not let Coopnet see the screen. Allow it in System Settings, Privacy & Security, Screen Recording, and start the software again from the page of the conference.",
			"macos":         "Sharing with the software is not there yet on macOS. Share in the browser.",
			"format":        "The screen has a colour format that is not supported. Set it to 24 bits, or share in the browser.",
		},
	}
}

func frenchEndings() Endings {
	return Endings{
		Code:        "Coopnet se lance depuis la page d’une conférence. Ouvrez-la et choisissez d’y partager avec le logiciel.",
		Policy:      "Les réglages de votre administrateur pour Coopnet sont illisibles ou ne sont pas fiables. Prévenez-le.",
		Used:        "Ce lancement a déjà servi, ou date de plus de cinq minutes. Revenez à la page de la conférence et relancez le logiciel.",
		Unreachable: "Le portail est injoignable. Vérifiez votre connexion, puis relancez le logiciel depuis la page de la conférence.",
		Unavailable: "Le portail est très sollicité en ce moment. Attendez une minute, puis relancez le logiciel depuis la page de la conférence.",
		Denied:      "Ce lancement ne permet plus de rejoindre la conférence. Revenez à sa page et participez de nouveau.",
		NoShare:     "Vous pouvez suivre cette conférence, mais pas y partager. Adressez-vous à la personne qui vous a invité.",
		Gone:        "Ce que vous partagiez a été fermé\u00a0: le partage est terminé.",
		Lost:        "La connexion a été interrompue trop longtemps\u00a0: le partage est terminé. Relancez le logiciel depuis la page de la conférence.",
		Lobby:       "En attente d’être admis dans «\u00a0{conference}\u00a0»…",
		Updated:     "La nouvelle version s’installe. Dans une minute, relancez le logiciel depuis la page de la conférence.",
		ByHand:      "La nouvelle version est téléchargée. Pour l’installer, exécutez dans un terminal\u00a0: {command}",
		Closed: map[string]string{
			"ended":    "La conférence est terminée.",
			"removed":  "Un organisateur vous a retiré de la conférence.",
			"replaced": "Vous partagez maintenant depuis un autre ordinateur ou un autre lancement du logiciel\u00a0: celui-ci est terminé.",
			"locked":   "Un organisateur a verrouillé la conférence. Demandez à y être admis.",
		},
		Unsupported: map[string]string{
			"no-display":    "Il n’y a pas d’écran à partager ici. Ouvrez une session sur l’écran de cet ordinateur, ou partagez dans le navigateur.",
			"no-xwayland":   "Cette session (Wayland) n’a pas XWayland, dans lequel le logiciel affiche ses fenêtres. Installez le paquet xwayland et rouvrez votre session, ou partagez dans le navigateur.",
			"no-portal":     "Ce bureau n’a pas laissé partager son écran. Installez son partage d’écran (xdg-desktop-portal et le paquet propre à ce bureau), rouvrez votre session et réessayez, ou partagez dans le navigateur.",
			"no-pipewire":   "Le bureau transmet ses images par PipeWire, et aucune n’est arrivée. Installez PipeWire et WirePlumber (paquets pipewire et wireplumber) et rouvrez votre session, ou partagez dans le navigateur.",
			"refused":       "Vous avez répondu non à la question du bureau\u00a0: rien n’est partagé. Si ce n’était pas voulu, relancez le logiciel depuis la page de la conférence.",
			"no-permission": "macOS ne laisse pas Coopnet voir l’écran. Autorisez-le dans Réglages Système, Confidentialité et sécurité, Enregistrement de l’écran, puis relancez le logiciel depuis la page de la conférence.",
			"macos":         "Le partage avec le logiciel n’existe pas encore sur macOS. Partagez dans le navigateur.",
			"format":        "Le format de couleurs de l’écran n’est pas pris en charge. Réglez-le sur 24\u00a0bits, ou partagez dans le navigateur.",
		},
	}
}
