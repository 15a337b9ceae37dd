package update

import "strings"

// Command is what installs a fetched file here: a program and its arguments. ok is false where the user has to install the
// file: nothing is run with more rights than theirs, because others of their programs could change the file before.
func Command(goos, path string) (command []string, ok bool) {
	if goos == "windows" && strings.HasSuffix(path, ".exe") {
		return []string{path, "/S"}, true // for this user alone, without a question
	}
	return nil, false
}

// ByHand is how the user installs it, in a terminal.
func ByHand(path string) string {
	quoted := "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	switch {
	case strings.HasSuffix(path, ".deb"):
		return "sudo dpkg --install " + quoted
	case strings.HasSuffix(path, ".tar.gz"):
		return `cd "$(mktemp -d)" && tar -xzf ` + quoted + " && ./*/install"
	}
	return quoted
}
