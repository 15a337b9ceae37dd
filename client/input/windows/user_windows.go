package windows

import (
	"image"
	"unicode"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/coopnet/coopnet/client/input"
)

// user are the functions of the system that are needed.
type user struct {
	sendInput, metrics                                  *windows.LazyProc
	fromPoint, foreground, ancestor, relative, threadOf *windows.LazyProc
	className, keyOf, mapKey                            *windows.LazyProc
}

func newUser() *user {
	u := windows.NewLazySystemDLL("user32.dll").NewProc
	return &user{u("SendInput"), u("GetSystemMetrics"), u("WindowFromPoint"), u("GetForegroundWindow"), u("GetAncestor"), u("GetWindow"),
		u("GetWindowThreadProcessId"), u("GetClassNameW"), u("VkKeyScanW"), u("MapVirtualKeyW")}
}

func (u *user) find() error {
	for _, proc := range []*windows.LazyProc{u.sendInput, u.metrics, u.fromPoint, u.foreground, u.ancestor, u.relative, u.threadOf, u.className, u.keyOf, u.mapKey} {
		if err := proc.Find(); err != nil {
			return err
		}
	}
	return nil
}

//go:uintptrescapes
func (*user) call(proc *windows.LazyProc, arguments ...uintptr) uintptr {
	result, _, _ := proc.Call(arguments...)
	return result
}

// plain is the scan code of the key that has a character without any modifier in the layout that is in force.
func (u *user) plain(r rune) (scan uint16, found bool) {
	if r > 0xffff {
		return 0, false
	}
	// The layout of the process's own thread: the system gives all programs the one that people have switched to last.
	virtual := uint16(u.call(u.keyOf, uintptr(unicode.ToLower(r))))
	if virtual>>8 != 0 { // Shift, Ctrl or Alt; or no key at all, which is -1
		return 0, false
	}
	const toScan = 0 // MAPVK_VK_TO_VSC
	scan = uint16(u.call(u.mapKey, uintptr(virtual), toScan))
	return scan, scan != 0
}

// virtual is what the layout that is in force makes of a scan code.
func (u *user) virtual(scan uint16, extended bool) uint16 {
	const toVirtual, prefix = 3, 0xe000 // MAPVK_VSC_TO_VK_EX, which tells left from right
	if extended {
		scan |= prefix
	}
	return uint16(u.call(u.mapKey, uintptr(scan), toVirtual))
}

// beside is all of the desktop but one window and what it has opened. The picture of one window does not show what covers
// it, so that nothing of the controller's must reach that.
type beside struct {
	*user
	window uintptr
}

var _ input.Ground = beside{}

// owners is how many dialogs can have been opened by one another.
const owners = 8

// Covers implements input.Ground.
func (b beside) Covers(p image.Point) bool {
	// POINT goes into one register by value.
	return !b.belongs(b.call(b.fromPoint, uintptr(uint64(uint32(int32(p.X)))|uint64(uint32(int32(p.Y)))<<32)))
}

// Focused implements input.Ground.
func (b beside) Focused() bool { return !b.belongs(b.call(b.foreground)) }

func (b beside) belongs(handle uintptr) bool {
	const root, owner = 2, 4 // GA_ROOT, GW_OWNER
	handle = b.call(b.ancestor, handle, root)
	for at, n := handle, 0; at != 0 && n < owners; at, n = b.call(b.relative, at, owner), n+1 {
		if at == b.window {
			return true
		}
	}
	// Menus have no owner with many programs.
	return handle != 0 && b.menu(handle) && b.thread(handle) == b.thread(b.window)
}

func (b beside) menu(handle uintptr) bool {
	var name [16]uint16
	b.call(b.className, handle, uintptr(unsafe.Pointer(&name)), uintptr(len(name)))
	return windows.UTF16ToString(name[:]) == "#32768"
}

func (b beside) thread(handle uintptr) uintptr { return b.call(b.threadOf, handle, 0) }
