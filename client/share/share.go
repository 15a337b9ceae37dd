package share

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"sync"
	"time"

	"github.com/coopnet/coopnet/client/capture"
)

const (
	// MaxBitrate is for what moves on a way without a limit; text takes a tenth of it.
	MaxBitrate = 4_000_000
	// minBitrate is what is encoded at least: below it nothing is legible in time.
	minBitrate = 100_000
	// headroom of a limit is for headers, lost packets and the unevenness of an encoder.
	headroom = 0.85
	// noticeable is a change of the rate that is told to the encoder.
	noticeable = 0.05
)

// Coder decides what of a source's pictures is encoded, when, and how. It is used by one goroutine; times are the share's.
type Coder interface {
	// Take takes the latest picture, which is valid until it returns.
	Take(f capture.Frame, at time.Duration) error
	// Encode makes what is to be sent now: nothing, or a frame, valid until the next call. A keyframe may come later. next is
	// when to ask again if nothing changes; negative: never.
	Encode(at time.Duration, keyframe bool) (frame []byte, next time.Duration, err error)
	SetBitrate(bits int, at time.Duration) error
	// Small is what is sent, made smaller to fit within: nil before there is a picture.
	Small(within image.Point) *image.RGBA
	// Adopt goes on with the picture of another one, which is not used any more but closed.
	Adopt(from Coder) error
	Close() error
}

// Status is what people should know of a running share.
type Status struct {
	Black  bool // nothing but black is captured
	Hidden bool // the window is minimised
}

// Config is what a share is made of.
type Config struct {
	Grabber capture.Grabber // closed by Run
	Track   *Track
	// Code begins to encode for a codec that the relay has chosen, and a rate in bits per second.
	Code   func(codec string, bitrate int) (Coder, error)
	Status func(Status) // hears of changes; must not block
	Mirror *Mirror      // nil: the presenter sees no picture of it
	Logger *slog.Logger
}

// grabbed is what one call of Next has brought.
type grabbed struct {
	frame capture.Frame
	err   error
}

// sharing is one run of a share; its fields belong to one goroutine.
type sharing struct {
	Config
	began  time.Time
	status Status
	frame  capture.Frame // the latest; its pixels are the grabber's, which goes on once it is taken

	coder   Coder // nil: none yet
	codec   string
	bitrate int
	due     time.Time // when the coder wants to be asked again; zero: not at all

	reflection
}

// Run captures, encodes and sends until ctx ends (nil), or the source is gone (capture.ErrGone).
func Run(ctx context.Context, cfg Config) (err error) {
	s := &sharing{Config: cfg, began: time.Now()}
	ctx, cancel := context.WithCancel(ctx)
	frames, taken := make(chan grabbed), make(chan struct{}, 1) // one picture at a time: saying that it is taken never waits
	var grabbing sync.WaitGroup
	grabbing.Go(func() { grab(ctx, cfg.Grabber, frames, taken) })
	defer func() {
		cancel()
		grabbing.Wait()
		err = errors.Join(err, cfg.Grabber.Close())
		if s.coder != nil {
			err = errors.Join(err, s.coder.Close())
		}
	}()
	return s.run(ctx, frames, taken)
}

// grab hands out one picture at a time, and takes the next when that one has been taken.
func grab(ctx context.Context, from capture.Grabber, frames chan<- grabbed, taken <-chan struct{}) {
	for {
		f, err := from.Next(ctx)
		select {
		case frames <- grabbed{f, err}:
		case <-ctx.Done():
			return
		}
		select {
		case <-taken:
		case <-ctx.Done():
			return
		}
	}
}

func (s *sharing) run(ctx context.Context, frames <-chan grabbed, taken chan<- struct{}) error {
	holding := false // a picture that has not been taken: there is no coder yet
	for {
		var due <-chan time.Time
		if at := earliest(s.due, s.reflects()); !at.IsZero() {
			due = time.After(time.Until(at))
		}
		select {
		case <-ctx.Done():
			return nil
		case g := <-frames:
			switch {
			case errors.Is(g.err, capture.ErrHidden):
				s.tell(Status{Hidden: true})
				taken <- struct{}{}
				continue
			case ctx.Err() != nil:
				return nil
			case g.err != nil:
				return fmt.Errorf("capture: %w", g.err)
			}
			s.tell(Status{Black: g.frame.Black})
			s.frame, holding = g.frame, true
		case <-s.Track.Wanted():
		case <-s.Mirror.turns():
			s.stale, s.image = true, nil
		case <-due:
		}
		took, err := s.step(ctx, holding)
		if err != nil {
			return err
		}
		if took {
			holding, s.stale = false, true
			taken <- struct{}{}
		}
		s.reflect()
	}
}

// step has the coder take a picture and make a frame, as far as there is somebody to send it to.
func (s *sharing) step(ctx context.Context, fresh bool) (took bool, err error) {
	state := s.Track.State()
	if state.Codec != "" && state.Codec != s.codec && (fresh || s.coder != nil) {
		if err := s.begin(state); err != nil {
			return false, err
		}
	}
	if s.coder == nil {
		return false, nil
	}
	at := time.Since(s.began)
	if fresh {
		if err := s.coder.Take(s.frame, at); err != nil {
			return false, fmt.Errorf("take a picture: %w", err)
		}
	}
	s.due = time.Time{}
	if !state.Live {
		if state.Keyframe {
			s.Track.AskKeyframe() // not lost: for later
		}
		return fresh, nil
	}
	if err := s.adapt(state, at); err != nil {
		return fresh, err
	}
	frame, next, err := s.coder.Encode(at, state.Keyframe)
	if err != nil {
		return fresh, fmt.Errorf("encode: %w", err)
	}
	if next >= 0 {
		s.due = s.began.Add(next)
	}
	if len(frame) > 0 {
		if err := s.Track.Write(ctx, frame, at); err != nil {
			s.Logger.Info("frame not sent", "error", err) // the session will be made again
		}
	}
	return fresh, nil
}

// begin begins to encode for the codec of a session, which may be another one than before: what is shared may not change
// for long, so the picture is the same.
func (s *sharing) begin(state State) error {
	s.bitrate = bitrateFor(state.Limit)
	coder, err := s.Code(state.Codec, s.bitrate)
	if err != nil {
		return fmt.Errorf("begin to encode %s: %w", state.Codec, err)
	}
	former := s.coder
	s.coder, s.codec = coder, state.Codec
	if former == nil {
		return nil
	}
	if err := errors.Join(coder.Adopt(former), former.Close()); err != nil {
		return fmt.Errorf("go on with %s: %w", state.Codec, err)
	}
	return nil
}

// adapt follows what the way carries.
func (s *sharing) adapt(state State, at time.Duration) error {
	bits := bitrateFor(state.Limit)
	if change := float64(bits-s.bitrate) / float64(s.bitrate); change < noticeable && change > -noticeable {
		return nil
	}
	s.bitrate = bits
	if err := s.coder.SetBitrate(bits, at); err != nil {
		return fmt.Errorf("set the rate: %w", err)
	}
	return nil
}

func bitrateFor(limit float64) int {
	if limit == 0 {
		return MaxBitrate
	}
	return min(max(int(headroom*limit), minBitrate), MaxBitrate)
}

func (s *sharing) tell(now Status) {
	if now != s.status && s.Status != nil {
		s.Status(now)
	}
	s.status = now
}
