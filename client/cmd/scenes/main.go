//go:build linux

// Command scenes draws what people share on an X display, for the measurement of the software beside a browser: web/e2e/bar.ts
// tells it what, line by line, and reads its answers.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/jezek/xgb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	xgb.Logger.SetOutput(io.Discard) // what it says of a connection's end, the errors say too
	if err := run(ctx, os.Getenv("DISPLAY"), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "scenes:", err)
		os.Exit(1)
	}
}
