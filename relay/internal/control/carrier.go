package control

import (
	"context"
	"errors"
	"fmt"

	"github.com/coder/websocket"
)

// carrier takes the messages of one channel to and fro: over a WebSocket, or in HTTP requests where a proxy lets no
// WebSocket through. What the messages mean, and when a channel ends, is the channel's business; its goroutine calls
// everything here.
type carrier interface {
	fmt.Stringer // for the log

	// inbox has what the participant sends, in order. It is closed when nothing can come any more.
	inbox() <-chan frame
	// parted reports, once inbox is closed, whether the participant has hung up; else the connection was lost.
	parted() bool
	// alive receives when the participant has shown life without sending a message; nil if it cannot.
	alive() <-chan struct{}
	// write passes a message on, or keeps it in a bounded place. It fails with errLost, at the latest when ctx ends.
	write(ctx context.Context, message []byte) error
	// beat shows the participant that the relay is alive. It fails as write does.
	beat(ctx context.Context) error
	// close tells the participant the end and gives it a limited time to hear it. Nothing is written after it.
	close(end ending)
	// release gives up what the carrier holds, and waits for its goroutines.
	release()
}

// frame is one message as it came, or the reason to end that came in its place.
type frame struct {
	text  bool
	data  []byte
	fault error
}

// ending says why a channel is closed. It travels as an error from whatever found the reason to run.
type ending struct {
	code   websocket.StatusCode
	reason string
}

func (e ending) Error() string { return fmt.Sprintf("%d %s", e.code, e.reason) }

// errLost: the connection broke, or the participant closed it or does not fetch.
var errLost = errors.New("connection lost")

// errParted: the participant has hung up.
var errParted = errors.New("hung up")
