package pipewire

import (
	"fmt"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// soname is the library's name, the same since 2019; what we use of it exists since 0.3.33 (2021).
const soname = "libpipewire-0.3.so.0"

// Library is libpipewire. It stays loaded: the system library cannot be sure that its threads are gone.
type Library struct {
	call   calls
	stream streamCalls
	events streamEvents

	mu      sync.Mutex // guards the streams, which the library knows by number
	streams map[uintptr]*Stream
	next    uintptr
}

// handle is something of the library's.
type handle uintptr

// calls are those about everything but streams.
type calls struct {
	init           func(argc, argv uintptr)
	newLoop        func(name string, properties uintptr) handle
	loopOf         func(thread handle) handle
	start          func(thread handle) int32
	stop           func(thread handle)
	lock           func(thread handle)
	unlock         func(thread handle)
	destroyLoop    func(thread handle)
	properties     func(text string) handle
	newContext     func(loop, properties handle, more uintptr) handle
	connect        func(context handle, fd int32, properties handle, more uintptr) handle
	disconnect     func(core handle) int32
	destroyContext func(context handle)
}

type streamCalls struct {
	create  func(core handle, name string, properties handle) handle
	listen  func(stream handle, hook *hook, events *streamEvents, number uintptr)
	connect func(stream handle, direction int32, target, flags uint32, params **byte, count uint32) int32
	params  func(stream handle, params **byte, count uint32) int32
	dequeue func(stream handle) *buffer
	queue   func(stream handle, b *buffer) int32
	active  func(stream handle, active bool) int32
	destroy func(stream handle)
}

// Load looks for the library: ErrMissing. Once is enough for a process: what C calls is never freed.
func Load() (*Library, error) { return load(soname) }

func load(name string) (*Library, error) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		return nil, fmt.Errorf("%w for this kind of processor", ErrMissing)
	}
	opened, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	l := &Library{streams: map[uintptr]*Stream{}}
	if err := l.bind(opened); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	l.listen()
	l.call.init(0, 0)
	return l, nil
}

// bind finds the functions.
func (l *Library) bind(opened uintptr) error {
	for name, f := range map[string]any{
		"pw_init":                  &l.call.init,
		"pw_thread_loop_new":       &l.call.newLoop,
		"pw_thread_loop_get_loop":  &l.call.loopOf,
		"pw_thread_loop_start":     &l.call.start,
		"pw_thread_loop_stop":      &l.call.stop,
		"pw_thread_loop_lock":      &l.call.lock,
		"pw_thread_loop_unlock":    &l.call.unlock,
		"pw_thread_loop_destroy":   &l.call.destroyLoop,
		"pw_properties_new_string": &l.call.properties,
		"pw_context_new":           &l.call.newContext,
		"pw_context_connect_fd":    &l.call.connect,
		"pw_core_disconnect":       &l.call.disconnect,
		"pw_context_destroy":       &l.call.destroyContext,
		"pw_stream_new":            &l.stream.create,
		"pw_stream_add_listener":   &l.stream.listen,
		"pw_stream_connect":        &l.stream.connect,
		"pw_stream_update_params":  &l.stream.params,
		"pw_stream_dequeue_buffer": &l.stream.dequeue,
		"pw_stream_queue_buffer":   &l.stream.queue,
		"pw_stream_set_active":     &l.stream.active,
		"pw_stream_destroy":        &l.stream.destroy,
	} {
		symbol, err := purego.Dlsym(opened, name)
		if err != nil {
			return err
		}
		purego.RegisterFunc(f, symbol)
	}
	return nil
}

// listen makes what C calls.
func (l *Library) listen() {
	l.events = streamEvents{
		version: streamEventsVersion,
		state: purego.NewCallback(func(number uintptr, _, now int32, reason *byte) {
			if s := l.find(number); s != nil {
				s.phased(now, reason)
			}
		}),
		param: purego.NewCallback(func(number uintptr, id uint32, param *podHead) {
			if s := l.find(number); s != nil {
				s.agreed(id, param)
			}
		}),
		removed: purego.NewCallback(func(number uintptr, b *buffer) {
			if s := l.find(number); s != nil {
				s.removed(b)
			}
		}),
		process: purego.NewCallback(func(number uintptr) {
			if s := l.find(number); s != nil {
				s.process()
			}
		}),
	}
}

func (l *Library) find(number uintptr) *Stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.streams[number]
}

func (l *Library) add(s *Stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	s.number = l.next
	l.streams[s.number] = s
}

func (l *Library) remove(s *Stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.streams, s.number)
}
