package update

import "strings"

// Command is what installs a fetched file here: a program and its arguments. found looks for a program in the path; ok is
// false where the user has to install the file.
func Command(goos, path string, found func(string) bool) (command []string, ok bool) {
	switch {
	case goos == "windows" && strings.HasSuffix(path, ".exe"):
		return []string{path, "/S"}, true // for this user alone, without a question
	case goos == "linux" && strings.HasSuffix(path, ".deb") && found("pkexec") && found("dpkg"):
		return []string{"pkexec", "dpkg", "--install", path}, true
	}
	return nil, false
}

// ByHand is how the user installs it, in a terminal.
func ByHand(path string) string {
	quoted := "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	if strings.HasSuffix(path, ".deb") {
		return "sudo dpkg --install " + quoted
	}
	return quoted
}
