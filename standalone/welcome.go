package standalone

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// welcome prints what somebody at a terminal needs next. Logs go elsewhere.
func (s *system) welcome(out io.Writer) {
	var text strings.Builder
	line := func(label, value string) { fmt.Fprintf(&text, "  %-13s %s\n", label, value) }

	fmt.Fprintf(&text, "\nCoopnet is ready.\n\n")
	line("Portal", s.public)
	if s.demo != nil {
		fmt.Fprintf(&text, "\nTry the demo conference with several browser windows, each private:\n\n")
		line("Present", s.conferences.InvitationURL(s.demo.Presenter))
		line("", "(a personal link for an internal participant; share a tab or the screen there)")
		line("Organize", s.conferences.InvitationURL(s.demo.Organizer))
		line("", "(a personal link for an organizer, who may also remove people and lock the conference)")
		line("View as guest", s.public)
		line("", fmt.Sprintf("conference name  %s", s.demo.Name))
		line("", fmt.Sprintf("password         %s", s.demo.Password))
	}
	fmt.Fprintln(&text)
	line("Your own", "bin/coopnet conference create \"NAME\""+s.clientFlags())
	line("Data", s.data.path+" (database, organizer.key, support.key)")
	line("Stop", "Ctrl-C")
	fmt.Fprintln(&text)
	io.WriteString(out, text.String())
}

// clientFlags are what the terminal commands need when this server is not where they look by default.
func (s *system) clientFlags() string {
	var flags string
	if s.public != DefaultURL {
		flags += " --url " + s.public
	}
	if filepath.Clean(s.cfg.Data) != DefaultData {
		flags += " --data " + s.cfg.Data
	}
	return flags
}

// Where the terminal commands look when they are told nothing.
const (
	DefaultURL  = "http://localhost:8080"
	DefaultData = "data"
)
