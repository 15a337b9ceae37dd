package windows

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/coopnet/coopnet/client/input"
)

// Injector calls SendInput, which needs no rights but reaches no window of a program that runs as administrator.
type Injector struct {
	ground    input.Ground
	sendInput *windows.LazyProc
	metrics   *windows.LazyProc

	mu     sync.Mutex // guards what follows
	held   input.Held
	closed bool
}

var _ input.Injector = (*Injector)(nil)

// Open prepares the injection. Nothing is injected where the ground says so; it may be nil. The process must be aware of
// the screens' scales, or the pointer misses.
func Open(ground input.Ground) (*Injector, error) {
	user32 := windows.NewLazySystemDLL("user32.dll")
	i := &Injector{ground: ground, sendInput: user32.NewProc("SendInput"), metrics: user32.NewProc("GetSystemMetrics")}
	for _, proc := range []*windows.LazyProc{i.sendInput, i.metrics} {
		if err := proc.Find(); err != nil {
			return nil, fmt.Errorf("prepare to inject input: %w", err)
		}
	}
	return i, nil
}

// Inject implements input.Injector.
func (i *Injector) Inject(e input.Event, within image.Rectangle) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return errors.New("inject input: the injector is closed")
	}
	do, err := i.held.Admit(e, within, i.ground)
	if err != nil || !do {
		return err
	}
	var records []record
	if e.Pointed() {
		records = append(records, moveTo(e.Point(within), i.desktop()))
	}
	switch e.Kind {
	case input.Text:
		records = append(records, i.write(e.Text)...)
	default:
		records = append(records, carryOut(e)...)
	}
	return i.send(records)
}

// desktop is the rectangle around all screens.
func (i *Injector) desktop() image.Rectangle {
	const x, y, width, height = 76, 77, 78, 79 // SM_XVIRTUALSCREEN and so on
	metric := func(index uintptr) int {
		value, _, _ := i.metrics.Call(index)
		return int(int32(value))
	}
	from := image.Pt(metric(x), metric(y))
	return image.Rectangle{Min: from, Max: from.Add(image.Pt(metric(width), metric(height)))}
}

// write types characters as such, whatever the layout. Modifiers that the controller holds are let go meanwhile.
func (i *Injector) write(s string) []record {
	var records []record
	var modifiers []string
	for _, code := range i.held.Keys() {
		if input.IsModifier(code) {
			modifiers = append(modifiers, code)
		}
	}
	for _, code := range slices.Backward(modifiers) {
		records = append(records, carryOut(input.Event{Kind: input.KeyUp, Code: code})...)
	}
	for _, unit := range utf16.Encode([]rune(s)) { // both halves of a pair, one after the other, are what Windows wants
		records = append(records, keyboard(unit, flagUnicode), keyboard(unit, flagUnicode|flagKeyUp))
	}
	for _, code := range modifiers {
		records = append(records, carryOut(input.Event{Kind: input.KeyDown, Code: code})...)
	}
	return records
}

// send gives everything to Windows at once, so that nothing comes in between.
func (i *Injector) send(records []record) error {
	if len(records) == 0 {
		return nil
	}
	sent, _, err := i.sendInput.Call(uintptr(len(records)), uintptr(unsafe.Pointer(&records[0])), unsafe.Sizeof(records[0]))
	if int(sent) != len(records) {
		return fmt.Errorf("inject input: Windows took %d of %d: %w", sent, len(records), err)
	}
	return nil
}

// Release implements input.Injector.
func (i *Injector) Release() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	var records []record
	for _, e := range i.held.Clear() {
		records = append(records, carryOut(e)...)
	}
	return i.send(records)
}

// Close implements input.Injector.
func (i *Injector) Close() error {
	err := i.Release()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	return err
}
