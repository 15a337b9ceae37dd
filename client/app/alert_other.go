//go:build !windows

package app

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"time"
)

// alertTimeout is how long a message stays that nobody answers.
const alertTimeout = 2 * time.Minute

// alert says something with whatever program this desktop has for it; without one nobody hears it.
func alert(ctx context.Context, message string) error {
	ctx, cancel := context.WithTimeout(ctx, alertTimeout)
	defer cancel()
	for _, command := range alerts(runtime.GOOS, message) {
		program, err := exec.LookPath(command[0])
		if err != nil {
			continue
		}
		if err := exec.CommandContext(ctx, program, command[1:]...).Run(); err != nil {
			return fmt.Errorf("say it with %s: %w", command[0], err)
		}
		return nil
	}
	return nil
}

// alerts are programs that show a message, the best first.
func alerts(goos, message string) [][]string {
	const title = "Coopnet"
	if goos == "darwin" { // the message is an argument, not a part of the script
		return [][]string{{"osascript", "-e", "on run words", "-e", "display alert \"" + title + "\" message (item 1 of words)", "-e", "end run", message}}
	}
	return [][]string{
		{"zenity", "--error", "--no-markup", "--title=" + title, "--text=" + message},
		{"kdialog", "--title", title, "--error", message},
		{"notify-send", "--app-name=" + title, title, message},
	}
}
