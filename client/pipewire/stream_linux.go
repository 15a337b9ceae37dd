package pipewire

import (
	"errors"
	"fmt"
	"image"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	directionInput = 0

	flagAutoconnect   = 1 << 0
	flagMapBuffers    = 1 << 2
	flagDontReconnect = 1 << 7

	stateError     = -1
	stateIdle      = 0
	statePaused    = 2
	stateStreaming = 3
)

// maxDamage is how many rectangles are remembered until somebody takes the picture.
const maxDamage = 64

// Stream receives the pictures of one node. The library's thread keeps the newest one and gives those before it back, so that the
// other side always has where to draw; nothing waits there.
type Stream struct {
	library *Library
	number  uintptr
	names   names
	hook    hook
	pins    runtime.Pinner
	changed chan struct{}

	// mu guards what follows. It is taken with the library's lock held, or without, and the library is not called while it is held.
	mu     sync.Mutex
	phase  Phase
	reason string // of the end
	format format // no size: nothing is agreed on
	hungry bool   // no picture of this format has been taken
	newest newest
	part   image.Rectangle // which part of the last picture counted
}

// names are what the library knows a stream's parts by.
type names struct{ thread, context, core, stream handle }

// newest is the picture that nobody has taken yet.
type newest struct {
	buffer *buffer // nil: none
	damage []image.Rectangle
	known  bool
}

// Receive begins to receive from a node, at most so many pictures a second. It takes the connection to PipeWire that fd is, also
// when it fails: ErrUnreachable.
func (l *Library) Receive(fd int, node uint32, framesPerSecond int) (*Stream, error) {
	s := &Stream{library: l, changed: make(chan struct{}, 1), hungry: true}
	if err := s.open(fd, node, uint32(framesPerSecond)); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Stream) open(fd int, node, framesPerSecond uint32) error {
	call, n := &s.library.call, &s.names
	if n.thread = call.newLoop("coopnet-capture", 0); n.thread == 0 {
		return closing(fd, "make a loop")
	}
	if n.context = call.newContext(call.loopOf(n.thread), 0, 0); n.context == 0 {
		return closing(fd, "make a context")
	}
	if n.core = call.connect(n.context, int32(fd), 0, 0); n.core == 0 {
		return fmt.Errorf("%w: connect", ErrUnreachable) // fd is closed by the library
	}
	properties := call.properties("media.type=Video media.category=Capture media.role=Screen")
	if n.stream = s.library.stream.create(n.core, "coopnet", properties); n.stream == 0 {
		return fmt.Errorf("%w: make a stream", ErrUnreachable)
	}
	s.library.add(s)
	s.pins.Pin(&s.hook)
	s.pins.Pin(&s.library.events)
	s.library.stream.listen(n.stream, &s.hook, &s.library.events, s.number)
	param := offer(framesPerSecond)
	first := &param[0]
	result := s.library.stream.connect(n.stream, directionInput, node, flagAutoconnect|flagMapBuffers|flagDontReconnect, &first, 1)
	runtime.KeepAlive(param)
	if result < 0 {
		return fmt.Errorf("%w: connect the stream (%d)", ErrUnreachable, result)
	}
	if call.start(n.thread) < 0 {
		return fmt.Errorf("%w: start its thread", ErrUnreachable)
	}
	return nil
}

func closing(fd int, doing string) error {
	return errors.Join(fmt.Errorf("%w: %s", ErrUnreachable, doing), unix.Close(fd))
}

// Close gives everything back. It is called once.
func (s *Stream) Close() {
	call, n := &s.library.call, &s.names
	if n.thread != 0 {
		call.stop(n.thread) // from now on nothing is called by another thread
	}
	if n.stream != 0 {
		s.library.stream.destroy(n.stream)
	}
	if n.core != 0 {
		call.disconnect(n.core)
	}
	if n.context != 0 {
		call.destroyContext(n.context)
	}
	if n.thread != 0 {
		call.destroyLoop(n.thread)
	}
	s.library.remove(s)
	s.pins.Unpin()
}

// Changed has something to receive when there is a picture, or the phase is another one.
func (s *Stream) Changed() <-chan struct{} { return s.changed }

// Phase is how far the stream is; the error says why it has ended.
func (s *Stream) Phase() (Phase, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == Ended {
		return s.phase, fmt.Errorf("%w: %s", ErrEnded, s.reason)
	}
	return s.phase, nil
}

// Hungry reports that no picture has been taken since the last agreement about what pictures are like, or that the last one could not be.
func (s *Stream) Hungry() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hungry
}

// Again has the other side begin anew, and so send what there is. A screen that is still sends one picture when somebody begins to look,
// or when its size has changed, and PipeWire loses it when this side is not ready yet.
func (s *Stream) Again() {
	defer s.locked()()
	s.library.stream.active(s.names.stream, false)
	s.library.stream.active(s.names.stream, true)
}

// locked takes the library's lock, which belongs to a thread, and returns what gives it back.
func (s *Stream) locked() (unlock func()) {
	runtime.LockOSThread()
	s.library.call.lock(s.names.thread)
	return func() {
		s.library.call.unlock(s.names.thread)
		runtime.UnlockOSThread()
	}
}

// Take shows the newest picture to a function, once; false: there is no newer one than was taken. The function must not last: until it
// returns, the stream's thread is held up.
func (s *Stream) Take(show func(Picture)) bool {
	defer s.locked()()
	s.mu.Lock()
	taken, format, before := s.newest, s.format, s.part
	s.mu.Unlock()
	if taken.buffer == nil {
		return false
	}
	defer s.library.stream.queue(s.names.stream, taken.buffer)
	part := taken.buffer.crop(format.size)
	pix, stride := taken.buffer.pixels(format.size, part)
	readable := pix != nil
	s.mu.Lock()
	s.newest, s.part, s.hungry = newest{known: readable}, part, !readable // the damage of what cannot be read is lost
	s.mu.Unlock()
	if !readable {
		return false
	}
	// A part that has moved shows other pixels everywhere.
	p := Picture{Pix: pix, Stride: stride, Size: part.Size(), Swapped: format.swapped, Known: taken.known && part == before}
	if p.Known {
		for _, r := range taken.damage {
			p.Damage = append(p.Damage, r.Sub(part.Min))
		}
	}
	show(p)
	return true
}

// The library's thread calls what follows; Close does, too.

func (s *Stream) wake() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *Stream) phased(state int32, reason *byte) {
	defer s.wake()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.phase == Ended:
	case state == stateError:
		s.phase, s.reason = Ended, text(reason)
	case state == stateIdle && s.phase != Connecting:
		s.phase, s.reason = Ended, "disconnected"
	case state == statePaused:
		s.phase = Paused
	case state == stateStreaming:
		s.phase = Streaming
	}
}

// agreed hears of a new format: of the first, and when the size of what is shown changes.
func (s *Stream) agreed(id uint32, param *podHead) {
	if id != paramFormat {
		return
	}
	var f format
	var err error
	if param != nil && param.kind == typeObject && param.size <= maxPOD {
		f, err = parseFormat(unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(param), 8)), param.size))
	}
	s.mu.Lock()
	s.format, s.newest.known, s.hungry = f, false, true
	if err != nil {
		s.phase, s.reason = Ended, err.Error()
	}
	s.mu.Unlock()
	if err != nil {
		s.wake()
		return
	}
	if f.size == (image.Point{}) {
		return
	}
	var params []*byte
	for _, w := range f.wishes() {
		params = append(params, &w[0])
	}
	s.library.stream.params(s.names.stream, &params[0], uint32(len(params)))
	runtime.KeepAlive(params)
}

// removed: the memory of a buffer is about to go.
func (s *Stream) removed(b *buffer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.newest.buffer == b {
		s.newest = newest{}
	}
}

func (s *Stream) process() {
	for b := s.library.stream.dequeue(s.names.stream); b != nil; b = s.library.stream.dequeue(s.names.stream) {
		if old := s.keep(b); old != nil {
			s.library.stream.queue(s.names.stream, old)
		}
	}
	s.wake()
}

// keep makes a buffer the newest, and returns the one to give back.
func (s *Stream) keep(b *buffer) (old *buffer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !b.shows() || s.format.size == (image.Point{}) {
		return b
	}
	n := &s.newest
	damage, known := b.damage()
	n.damage = append(n.damage, damage...)
	if n.known = n.known && known && len(n.damage) <= maxDamage; !n.known {
		n.damage = nil
	}
	old, n.buffer = n.buffer, b
	return old
}

// text reads a C string, as far as anybody reads it.
func text(at *byte) string {
	const most = 200
	var b []byte
	for p := unsafe.Pointer(at); p != nil && *(*byte)(p) != 0 && len(b) < most; p = unsafe.Add(p, 1) {
		b = append(b, *(*byte)(p))
	}
	return string(b)
}
