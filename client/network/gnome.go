package network

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

const gnomeSchema = "org.gnome.system.proxy"

// gnome reads what "gsettings list-recursively org.gnome.system.proxy" prints: a schema, a key and a value in each line.
func gnome(printed string) choice {
	values := map[string]string{}
	for line := range strings.Lines(printed) {
		schema, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		key, value, found := strings.Cut(rest, " ")
		if found && strings.HasPrefix(schema, gnomeSchema) {
			values[strings.TrimPrefix(strings.TrimPrefix(schema, gnomeSchema), ".")+"/"+key] = value
		}
	}
	text := func(key string) string {
		all := variants(values[key])
		if len(all) != 1 {
			return ""
		}
		return all[0]
	}
	bypass := domains(variants(values["/ignore-hosts"]))
	switch text("/mode") {
	case "auto":
		return choice{auto: true, script: text("/autoconfig-url"), bypass: bypass}
	case "manual":
		server := gnomeServer(text("https/host"), values["https/port"])
		web := gnomeServer(text("http/host"), values["http/port"])
		if text("https/host") == "" {
			server = web // as GLib has it, with its login
		}
		if server == nil {
			return choice{}
		}
		if web != nil && web.Host == server.Host && values["http/use-authentication"] == "true" {
			server.User = url.UserPassword(text("http/authentication-user"), text("http/authentication-password")) // there is none for HTTPS
		}
		return choice{server: server.String(), bypass: bypass}
	}
	return choice{}
}

func gnomeServer(host, port string) *url.URL {
	number, err := strconv.ParseUint(port, 10, 16)
	if host == "" || err != nil || number == 0 {
		return nil
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(strings.Trim(host, "[]"), port)}
}

// variants reads the strings of a GVariant's text, in quotation marks of either kind: 'one', or ['several', "of them"].
func variants(text string) []string {
	var all []string
	for {
		at := strings.IndexAny(text, `'"`)
		if at < 0 {
			return all
		}
		quote := text[at]
		text = text[at+1:]
		var b strings.Builder
		n := 0
		for ; n < len(text) && text[n] != quote; n++ {
			if text[n] == '\\' && n+1 < len(text) {
				n++
			}
			b.WriteByte(text[n])
		}
		if n == len(text) {
			return all // it does not end
		}
		all = append(all, b.String())
		text = text[n+1:]
	}
}
