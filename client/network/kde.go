package network

import (
	"maps"
	"slices"
	"strings"
)

// kde reads the files "kioslaverc" of KDE, the user's first: what stands there counts, and what does not may stand in those
// of the administrator, whose immutable keys count more.
func kde(getenv func(string) string, files []string) choice {
	values, fixed := map[string]string{}, map[string]bool{}
	for _, file := range slices.Backward(files) {
		g := kdeGroup(file, "Proxy Settings")
		for key, value := range g.values {
			if !fixed[""] && !fixed[key] {
				values[key] = value
			}
		}
		maps.Copy(fixed, g.fixed)
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

// kdeSettings are the keys of one group.
type kdeSettings struct {
	values map[string]string
	fixed  map[string]bool // immutable keys; "": all of the group
}

// kdeGroup reads the keys of one group. In brackets behind a key, a group, or in a line before all groups stands what else is
// true of it: $i makes it immutable.
func kdeGroup(file, group string) kdeSettings {
	s, inside, first := kdeSettings{map[string]string{}, map[string]bool{}}, false, true
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		if rest, named := strings.CutPrefix(line, "["+group+"]"); named {
			inside = true
			s.fix("", rest)
		} else if strings.HasPrefix(line, "[") {
			inside = false
			if first && strings.HasPrefix(line, "[$") {
				s.fix("", line)
			}
		}
		first = first && (line == "" || line[0] == '#')
		key, value, found := strings.Cut(line, "=")
		if inside && found && !strings.HasPrefix(line, "[") {
			name, flags, marked := strings.Cut(key, "[")
			name = strings.TrimSpace(name)
			s.values[name] = strings.TrimSpace(value)
			if marked {
				s.fix(name, "["+flags)
			}
		}
	}
	return s
}

func (s kdeSettings) fix(key, flags string) {
	flags, marked := strings.CutPrefix(flags, "[$")
	flags, _, closed := strings.Cut(flags, "]")
	if marked && closed && strings.Contains(flags, "i") {
		s.fixed[key] = true
	}
}
