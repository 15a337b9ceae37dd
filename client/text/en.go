package text

func english() Words {
	return Words{
		Language: "en",
		Confirm: Confirm{
			Title:      "Share in {conference}",
			Heading:    "Share your screen?",
			Conference: "Conference",
			Portal:     "Portal",
			You:        "You are",
			Note:       "Nothing is shared yet. In the next step you choose what the others see.",
			Share:      "Share…",
			Cancel:     "Cancel",
		},
		Login: Login{
			Title:    "Sign in to the proxy {proxy}",
			Heading:  "The proxy of your network asks who you are",
			Proxy:    "Proxy",
			Realm:    "It says",
			Refused:  "The proxy did not accept this name and password.",
			Colon:    "A name with a colon cannot be sent to a proxy. Check the name.",
			Name:     "User name",
			Password: "Password",
			Note:     "These are what your company gave you for its network, not those of the conference. They are kept until the software ends, and stored nowhere.",
			SignIn:   "Sign in",
			Cancel:   "Cancel",
		},
		Picker: englishPicker(),
		Bar:    englishBar(),
		Consent: Consent{
			Title:   "{name} asks to control",
			Heading: "{name} ({role}) asks to control your computer",
			Desktop: "If you allow it, {name} can use your mouse and keyboard on all your screens.",
			Screen:  "If you allow it, {name} can use your mouse on the screen that you share, and your keyboard in whatever window is active.",
			Window:  "If you allow it, {name} can use your mouse and keyboard in “{what}” and in what it opens, and nowhere else.",
			Ends:    "You can stop it at any time: with the button, or with {key}.",
			Refuses: "Without an answer it is refused in {seconds} s.",
			Allow:   "Allow",
			Refuse:  "Refuse",
		},
		Banner: Banner{
			Title:    "{name} controls this computer",
			Controls: "{name} controls this computer",
			Ends:     "Stop at once: {key}",
			Stop:     "Stop",
		},
		Message: Message{
			Title:      "Coopnet",
			OK:         "OK",
			Cancel:     "Cancel",
			Update:     "Version {version} of Coopnet is available. The update takes a minute; then start again from the page of the conference.",
			UpdateNow:  "Update",
			UpdateNot:  "Not now",
			UpdateMust: "This version of Coopnet is too old for the conference. Version {version} is needed.",
			Fetching:   "Version {version} is being fetched…",
			Failed:     "The update did not work. You can join in the browser, or try again later.",
		},
		Role: Role{Guest: "guest", Internal: "colleague", Organizer: "organizer"},
		Key:  Key{Control: "Ctrl", Shift: "Shift", Backspace: "Backspace"},
	}
}

func englishPicker() Picker {
	return Picker{
		Title:    "Choose what to share",
		Heading:  "What do you want to share?",
		Desktop:  "Everything",
		Screens:  "One screen",
		Windows:  "One window",
		All:      "All screens",
		Screen:   "Screen {number}",
		Minimise: "minimised",
		Looking:  "Looking for what can be shared…",
		Control:  "Colleagues may ask to control it. You decide each time.",
		Empty:    "There is nothing to share here. Open the window that you want to show, then refresh.",
		Refresh:  "Refresh",
		Share:    "Share",
		Cancel:   "Cancel",
	}
}

func englishBar() Bar {
	return Bar{
		Sharing:    "You are sharing {what}",
		Desktop:    "all screens",
		Screen:     "this screen",
		Window:     "“{what}”",
		Untitled:   "one window",
		Audience:   englishAudience(),
		Controlled: "{name} controls it",
		Connecting: "Connecting… The others do not see it yet.",
		Waiting:    "The connection was lost. Trying again…",
		Hidden:     "The window is minimised: the others do not see it.",
		Black:      "The picture is black: this cannot be captured. Share something else.",
		Stop:       "Stop sharing",
		Change:     "Change…",
	}
}

func englishAudience() Audience {
	return Audience{
		Watching0: "Nobody else is in the conference yet",
		Watching1: "1 other person is in the conference",
		WatchingN: "{count} others are in the conference",
		Nobody:    "Nobody is watching at the moment",
		Unnamed1:  "1 person is watching",
		UnnamedN:  "{count} people are watching",
		One:       "{names} is watching",
		Several:   "{count} people are watching: {names}",
		And:       "and",
		More1:     "one more",
		MoreN:     "{count} more",
	}
}
