package x11

import "strings"

// Dark reports whether people have asked their desktop for a dark look, as far as the environment tells.
func Dark(getenv func(string) string) bool {
	theme := strings.ToLower(getenv("GTK_THEME"))
	return strings.HasSuffix(theme, ":dark") || strings.HasSuffix(theme, "-dark")
}
