package network

import (
	"slices"
	"strings"
)

// kde reads the files "kioslaverc" of KDE, the user's first: what stands there counts, and what does not may stand in those
// of the administrator.
func kde(getenv func(string) string, files []string) choice {
	values := map[string]string{}
	for _, file := range files {
		for key, value := range kdeGroup(file, "Proxy Settings") {
			if _, known := values[key]; !known {
				values[key] = value
			}
		}
	}
	server := values["httpsProxy"]
	switch values["ProxyType"] {
	case "1":
	case "2":
		return choice{auto: true, script: values["Proxy Config Script"]}
	case "3":
		return choice{auto: true}
	case "4": // the names of variables
		return choice{server: getenv(server), bypass: getenv(values["NoProxyFor"])}
	default:
		return choice{}
	}
	if host, port, old := strings.Cut(strings.TrimSpace(server), " "); old { // as it was written before 2010
		server = host + ":" + strings.TrimSpace(port)
	}
	scheme, _, named := strings.Cut(server, "://")
	if named && !strings.HasPrefix(scheme, "http") { // SOCKS
		return choice{}
	}
	entries := strings.FieldsFunc(values["NoProxyFor"], func(r rune) bool { return r == ',' || r == ' ' })
	c := choice{server: server, local: slices.Contains(entries, "<local>"), reversed: values["ReversedException"] == "true"}
	c.bypass = domains(slices.DeleteFunc(entries, func(s string) bool { return s == "<local>" }))
	return c
}

// kdeGroup reads the keys of one group, without what stands behind them in brackets.
func kdeGroup(file, group string) map[string]string {
	values, inside := map[string]string{}, false
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			inside = strings.HasPrefix(line, "["+group+"]")
			continue
		}
		key, value, found := strings.Cut(line, "=")
		if inside && found {
			key, _, _ = strings.Cut(key, "[")
			values[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return values
}
