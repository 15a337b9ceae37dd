package windows

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/coopnet/coopnet/client/input"
)

// Panic watches for the key that ends the control: Ctrl, Shift and input.PanicKey, or input.PanicFallback where another
// program has taken the first. The injector completes neither, so what is noticed comes from the person at the desktop.
type Panic struct {
	key    string
	thread uint32
	post   *windows.LazyProc
	done   sync.WaitGroup
}

// Messages and hot keys of the Windows API.
const (
	messageQuit   = 0x0012
	messageUser   = 0x0400
	messageHotKey = 0x0312

	withControl  = 2
	withShift    = 4
	withNoRepeat = 0x4000

	virtualBackspace = 0x08
	virtualF9        = 0x78
)

// WatchPanic calls pressed, at most once, when the key is pressed. Close ends the watch.
func WatchPanic(pressed func()) (*Panic, error) {
	user32 := windows.NewLazySystemDLL("user32.dll")
	p := &Panic{post: user32.NewProc("PostThreadMessageW")}
	started := make(chan error)
	p.done.Go(func() { p.watch(user32, started, pressed) })
	if err := <-started; err != nil {
		p.done.Wait()
		return nil, fmt.Errorf("watch for the key that ends the control: %w", err)
	}
	return p, nil
}

// watch has a thread of its own, which ends with it: hot keys and messages belong to the thread that asks for them.
func (p *Panic) watch(user32 *windows.LazyDLL, started chan<- error, pressed func()) {
	runtime.LockOSThread()
	register, unregister, get := user32.NewProc("RegisterHotKey"), user32.NewProc("UnregisterHotKey"), user32.NewProc("GetMessageW")
	// Before anybody posts to a thread it has to have a queue, which this makes (Microsoft's documentation of PostThreadMessage).
	// Without one Wine gives the key to nobody, and never takes it back.
	var none [64]byte
	user32.NewProc("PeekMessageW").Call(uintptr(unsafe.Pointer(&none[0])), 0, messageUser, messageUser, 0)
	err := errors.ErrUnsupported
	for _, try := range []struct {
		name    string
		virtual uintptr
	}{{input.PanicKey, virtualBackspace}, {input.PanicFallback, virtualF9}} {
		ok, _, failed := register.Call(0, 1, withControl|withShift|withNoRepeat, try.virtual)
		if ok != 0 {
			p.key, err = try.name, nil
			break
		}
		err = failed
	}
	p.thread = windows.GetCurrentThreadId()
	started <- err
	if err != nil {
		return
	}
	defer unregister.Call(0, 1)
	for seen := false; ; {
		var message [64]byte // MSG has 48
		more, _, _ := get.Call(uintptr(unsafe.Pointer(&message[0])), 0, 0, 0)
		if int32(more) <= 0 {
			return
		}
		if kind := *(*uint32)(unsafe.Pointer(&message[8])); kind == messageHotKey && !seen {
			seen = true
			pressed()
		}
	}
}

// Key is the key that is watched for, with Ctrl and Shift.
func (p *Panic) Key() string { return p.key }

// Close ends the watch. It must not be called by the function that is called when the key is pressed.
func (p *Panic) Close() {
	p.post.Call(uintptr(p.thread), messageQuit, 0, 0)
	p.done.Wait()
}
