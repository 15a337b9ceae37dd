package text

func french() Words {
	return Words{
		Language: "fr",
		Confirm: Confirm{
			Title:      "Partager dans {conference}",
			Heading:    "Partager votre écran\u00a0?",
			Conference: "Conférence",
			Portal:     "Portail",
			You:        "Vous êtes",
			Note:       "Rien n’est encore partagé. À l’étape suivante, vous choisissez ce que les autres voient.",
			Share:      "Partager…",
			Cancel:     "Annuler",
		},
		Login: Login{
			Title:    "S’identifier auprès du proxy {proxy}",
			Heading:  "Identifiez-vous auprès du proxy de votre réseau",
			Proxy:    "Proxy",
			Realm:    "Il indique",
			Refused:  "Le proxy n’a pas accepté ce nom et ce mot de passe.",
			Colon:    "Un nom qui contient deux-points ne peut pas être envoyé à un proxy. Vérifiez le nom.",
			Name:     "Nom d’utilisateur",
			Password: "Mot de passe",
			Note:     "Ce sont ceux que votre entreprise vous a donnés pour son réseau, pas ceux de la conférence. Ils sont gardés jusqu’à la fermeture du logiciel, et ne sont enregistrés nulle part.",
			SignIn:   "S’identifier",
			Cancel:   "Annuler",
		},
		Picker: frenchPicker(),
		Bar:    frenchBar(),
		Consent: Consent{
			Title:   "{name} demande le contrôle",
			Heading: "{name} ({role}) demande à contrôler votre ordinateur",
			Desktop: "Si vous acceptez, {name} pourra se servir de votre souris et de votre clavier sur tous vos écrans.",
			Screen:  "Si vous acceptez, {name} pourra se servir de votre souris sur l’écran que vous partagez, et de votre clavier dans la fenêtre active, quelle qu’elle soit.",
			Window:  "Si vous acceptez, {name} pourra se servir de votre souris et de votre clavier dans «\u00a0{what}\u00a0» et dans ce qu’elle ouvre, et nulle part ailleurs.",
			Ends:    "Vous pouvez l’arrêter à tout moment\u00a0: avec le bouton, ou avec {key}.",
			Refuses: "Sans réponse, la demande est refusée dans {seconds}\u00a0s.",
			Allow:   "Accepter",
			Refuse:  "Refuser",
		},
		Banner: Banner{
			Title:    "{name} contrôle cet ordinateur",
			Controls: "{name} contrôle cet ordinateur",
			Ends:     "Arrêter aussitôt\u00a0: {key}",
			Stop:     "Arrêter",
		},
		Message: Message{
			Title:      "Coopnet",
			OK:         "OK",
			Cancel:     "Annuler",
			Update:     "La version {version} de Coopnet est disponible. La mise à jour prend une minute\u00a0; relancez ensuite le logiciel depuis la page de la conférence.",
			UpdateNow:  "Mettre à jour",
			UpdateNot:  "Pas maintenant",
			UpdateMust: "Cette version de Coopnet est trop ancienne pour la conférence. Il faut la version {version}.",
			Fetching:   "Téléchargement de la version {version}…",
			Failed:     "La mise à jour n’a pas abouti. Vous pouvez participer dans le navigateur, ou réessayer plus tard.",
		},
		Role: Role{Guest: "invité", Internal: "collègue", Organizer: "organisateur"},
		Key:  Key{Control: "Ctrl", Shift: "Maj", Backspace: "Retour\u00a0arrière"},
	}
}

func frenchPicker() Picker {
	return Picker{
		Title:    "Choisir quoi partager",
		Heading:  "Que voulez-vous partager\u00a0?",
		Desktop:  "Tout",
		Screens:  "Un écran",
		Windows:  "Une fenêtre",
		All:      "Tous les écrans",
		Screen:   "Écran {number}",
		Minimise: "réduite",
		Looking:  "Recherche de ce qui peut être partagé…",
		Control:  "Les collègues peuvent demander à en prendre le contrôle. Vous décidez à chaque fois.",
		Empty:    "Il n’y a rien à partager ici. Ouvrez la fenêtre que vous voulez montrer, puis actualisez.",
		Refresh:  "Actualiser",
		Share:    "Partager",
		Cancel:   "Annuler",
	}
}

func frenchBar() Bar {
	return Bar{
		Sharing:    "Vous partagez {what}",
		Desktop:    "tous les écrans",
		Screen:     "cet écran",
		Window:     "«\u00a0{what}\u00a0»",
		Untitled:   "une fenêtre",
		Audience:   frenchAudience(),
		Controlled: "{name} a le contrôle",
		Connecting: "Connexion… Les autres ne voient encore rien.",
		Waiting:    "La connexion est perdue. Nouvel essai…",
		Hidden:     "La fenêtre est réduite\u00a0: les autres ne la voient pas.",
		Black:      "L’image est noire\u00a0: impossible de la capturer. Partagez autre chose.",
		Stop:       "Arrêter le partage",
		Change:     "Changer…",
	}
}

func frenchAudience() Audience {
	return Audience{
		Watching0: "Personne d’autre n’est encore dans la conférence",
		Watching1: "1 autre personne est dans la conférence",
		WatchingN: "{count} autres personnes sont dans la conférence",
		Nobody:    "Personne ne regarde pour le moment",
		Unnamed1:  "1 personne regarde",
		UnnamedN:  "{count} personnes regardent",
		One:       "{names} regarde",
		Several:   "{count} personnes regardent\u00a0: {names}",
		And:       "et",
		More1:     "une autre",
		MoreN:     "{count} autres",
	}
}
