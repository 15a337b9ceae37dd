// Package cli is the terminal's side of Coopnet: it starts the server, and does from a shell what organizers and
// operators otherwise do over HTTP.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/standalone"
)

// Terminal is what the program was started with.
type Terminal struct {
	Args     []string // without the program's name
	Getenv   func(string) string
	In       io.Reader
	Out, Err io.Writer
	Version  string
}

// Exit codes.
const (
	exitFine    = 0
	exitFailure = 1 // it was understood, and did not work
	exitUsage   = 2 // it was not understood
)

// usageError is a command line or a configuration that cannot be understood.
type usageError struct{ cause error }

func (e usageError) Error() string { return e.cause.Error() }
func (e usageError) Unwrap() error { return e.cause }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Run does what the arguments say and returns the exit code.
func Run(ctx context.Context, t Terminal) int {
	err := t.run(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &usage):
		fmt.Fprintf(t.Err, "coopnet: %v\n(coopnet help %s)\n", err, t.topic())
		return exitUsage
	default:
		fmt.Fprintf(t.Err, "coopnet: %v\n", sentence(err))
		return exitFailure
	}
}

// topic is the part of the help that fits what was typed.
func (t Terminal) topic() string {
	if len(t.Args) > 0 && help(t.Args[0]) != "" {
		return t.Args[0]
	}
	return "all"
}

// sentence is what a terminal shows of an error: a refusal's public words instead of its code.
func sentence(err error) string {
	var refused *problem.Error
	if !errors.As(err, &refused) {
		return err.Error()
	}
	text := refused.Detail
	for _, f := range refused.Fields {
		text += fmt.Sprintf("\n  %s %s", strings.TrimPrefix(f.Pointer, "/"), f.Detail)
	}
	return text
}

func (t Terminal) run(ctx context.Context) error {
	if len(t.Args) == 0 {
		return usageError{errors.New("say what to do, for example: coopnet serve")}
	}
	command, rest := t.Args[0], t.Args[1:]
	for _, arg := range rest {
		if arg == "-h" || arg == "-help" || arg == "--help" {
			return t.help([]string{command})
		}
	}
	switch command {
	case "serve":
		return t.serve(ctx, rest)
	case "conference":
		return t.conference(ctx, rest)
	case "webhook":
		return t.webhook(ctx, rest)
	case "key":
		return t.key(ctx, rest)
	case "backup":
		return t.backup(ctx, rest)
	case "brand":
		return t.brand(rest)
	case "report":
		return t.report(ctx, rest)
	case "release":
		return t.release(ctx, rest)
	case "erase":
		return t.erase(ctx, rest)
	case "version", "-version", "--version":
		fmt.Fprintf(t.Out, "coopnet %s (%s %s/%s)\n", t.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return nil
	case "help", "-h", "-help", "--help":
		return t.help(rest)
	}
	return usagef("there is no command %q", command)
}

func (t Terminal) serve(ctx context.Context, args []string) error {
	cfg, err := standalone.ParseConfig(args, t.Getenv)
	if err != nil {
		return usageError{flagSentence(err)}
	}
	return standalone.Run(ctx, cfg, t.Out, newLogger(cfg, t.Err))
}

func newLogger(cfg standalone.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		level = slog.LevelInfo // Validate has accepted the four names
	}
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// parse reads flags that may stand before and after the words, and returns the words.
func parse(flags *flag.FlagSet, args []string) (words []string, err error) {
	flags.SetOutput(io.Discard)
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return nil, usageError{flagSentence(err)}
		}
		args = flags.Args()
		if len(args) > 0 {
			words = append(words, args[0])
			args = args[1:]
		}
	}
	return words, nil
}

// flagSentence says it with the two dashes that the help shows.
func flagSentence(err error) error {
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		return fmt.Errorf("there is no flag --%s", name)
	}
	return err
}
