package text

import "strings"

// Proxies are what is said when a company's proxy lets nothing through: what has happened, and what to do next. Each has {proxy};
// what is for the network team names the {address} that was
// refused: a portal, or a relay.
type Proxies struct {
	Login    string // the name and the password are wrong
	Declined string // nobody gave any
	Scheme   string // no login that the software knows, but {schemes}
	Unknown  string // no login that anybody knows
	Blocked  string
	Silent   string
	Identity string // its certificate is not trusted
	Settings string // of the system, which are not understood; without names
	Unread   string // the system's settings; without names
	Script   string // of the system, which cannot be run; without names
}

// ProxiesFor returns what is said of proxies in the language of a tag, as For does.
func ProxiesFor(language string) Proxies {
	if strings.HasPrefix(strings.ToLower(language), "fr") {
		return Proxies{
			Login:    "Le proxy {proxy} n’a pas accepté le nom et le mot de passe. Vérifiez-les auprès de votre équipe réseau, puis relancez le logiciel depuis la page de la conférence, ou partagez dans le navigateur.",
			Declined: "Le proxy {proxy} ne laisse rien passer sans un nom et un mot de passe qu’il accepte\u00a0: rien n’a été partagé. Relancez le logiciel depuis la page de la conférence et identifiez-vous, ou partagez dans le navigateur.",
			Scheme:   "Le proxy {proxy} demande une identification par {schemes}, que le logiciel ne connaît pas. Transmettez à votre équipe réseau\u00a0: autoriser sur ce proxy {address}, ainsi que le portail et ses relais, sans identification, ou l’identification «\u00a0Basic\u00a0». En attendant, partagez dans le navigateur.",
			Unknown:  "Le proxy {proxy} demande une identification sans dire laquelle. Transmettez à votre équipe réseau\u00a0: autoriser sur ce proxy {address}, ainsi que le portail et ses relais, sans identification, ou l’identification «\u00a0Basic\u00a0». En attendant, partagez dans le navigateur.",
			Blocked:  "Le proxy {proxy} refuse la connexion. Transmettez à votre équipe réseau\u00a0: autoriser sur ce proxy CONNECT vers {address}, ainsi que vers le portail et ses relais. En attendant, partagez dans le navigateur.",
			Silent:   "Le proxy {proxy}, indiqué dans les réglages de votre système, est injoignable. Vérifiez votre connexion et ces réglages, puis relancez le logiciel depuis la page de la conférence.",
			Identity: "Votre système ne fait pas confiance au certificat du proxy {proxy}. Demandez à votre équipe réseau d’installer sur cet ordinateur le certificat de son autorité, puis relancez le logiciel depuis la page de la conférence, ou partagez dans le navigateur.",
			Settings: "Le proxy indiqué dans les réglages de votre système n’est pas compréhensible. Corrigez-le, ou adressez-vous à votre équipe réseau, puis relancez le logiciel depuis la page de la conférence.",
			Unread:   "Les réglages de proxy de votre système n’ont pas pu être lus. Relancez le logiciel depuis la page de la conférence, ou partagez dans le navigateur.",
			Script:   "Votre système trouve son proxy par un script, que le logiciel ne peut pas exécuter ici, et le portail est injoignable sans proxy. Demandez l’adresse du proxy à votre équipe réseau, indiquez-la dans les réglages de votre système, puis relancez le logiciel depuis la page de la conférence.",
		}
	}
	return Proxies{
		Login:    "The proxy {proxy} did not accept the name and the password. Check them with your network team, then start the software again from the page of the conference, or share in the browser.",
		Declined: "The proxy {proxy} lets nothing through without a name and a password that it accepts, so nothing was shared. Start the software again from the page of the conference and sign in, or share in the browser.",
		Scheme:   "The proxy {proxy} wants a login by {schemes}, which the software does not know. Tell your network team: let {address}, and also the portal and its relays, through this proxy without a login, or permit the login “Basic”. Meanwhile share in the browser.",
		Unknown:  "The proxy {proxy} wants a login, and does not say which. Tell your network team: let {address}, and also the portal and its relays, through this proxy without a login, or permit the login “Basic”. Meanwhile share in the browser.",
		Blocked:  "The proxy {proxy} refuses the connection. Tell your network team: permit CONNECT to {address}, and also to the portal and its relays, on this proxy. Meanwhile share in the browser.",
		Silent:   "The proxy {proxy}, which the settings of your system name, cannot be reached. Check your connection and these settings, then start the software again from the page of the conference.",
		Identity: "Your system does not trust the certificate of the proxy {proxy}. Ask your network team to install the certificate of its authority on this computer, then start the software again from the page of the conference, or share in the browser.",
		Settings: "The proxy that the settings of your system name is not understood. Correct it, or ask your network team, then start the software again from the page of the conference.",
		Unread:   "The proxy settings of your system could not be read. Start the software again from the page of the conference, or share in the browser.",
		Script:   "Your system finds its proxy by a script, which the software cannot run here, and the portal cannot be reached without a proxy. Ask your network team for the address of the proxy, enter it in the settings of your system, then start the software again from the page of the conference.",
	}
}
