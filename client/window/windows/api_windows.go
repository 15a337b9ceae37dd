package windows

import (
	"image"

	"golang.org/x/sys/windows"
)

// api are the functions of Windows that are needed, and no library but the system's.
type api struct {
	windowAPI
	messageAPI
	paintAPI
	placeAPI
	pasteAPI
}

type windowAPI struct {
	registerClass, unregisterClass, create, destroy, show, setText, setPlace, byDefault, loadCursor, adjust *windows.LazyProc
}

type messageAPI struct {
	get, translate, dispatch, post, quit, extra, setTimer *windows.LazyProc
}

type paintAPI struct {
	begin, end, stretch, invalidate *windows.LazyProc
}

type placeAPI struct {
	fromPoint, foreground, processOf, parameters, metrics, windowRect, clientToScreen, keyState, capture, release, track *windows.LazyProc
	dpi, aware, awareOnce                                                                                                *windows.LazyProc
}

type pasteAPI struct {
	openClipboard, clipboard, closeClipboard, lock, unlock, size *windows.LazyProc
}

func newAPI() *api {
	user, gdi, kernel := windows.NewLazySystemDLL("user32.dll"), windows.NewLazySystemDLL("gdi32.dll"), windows.NewLazySystemDLL("kernel32.dll")
	u := user.NewProc
	return &api{
		windowAPI{u("RegisterClassExW"), u("UnregisterClassW"), u("CreateWindowExW"), u("DestroyWindow"), u("ShowWindow"), u("SetWindowTextW"),
			u("SetWindowPos"), u("DefWindowProcW"), u("LoadCursorW"), u("AdjustWindowRectEx")},
		messageAPI{u("GetMessageW"), u("TranslateMessage"), u("DispatchMessageW"), u("PostMessageW"), u("PostQuitMessage"), u("GetMessageExtraInfo"), u("SetTimer")},
		paintAPI{u("BeginPaint"), u("EndPaint"), gdi.NewProc("StretchDIBits"), u("InvalidateRect")},
		placeAPI{u("WindowFromPoint"), u("GetForegroundWindow"), u("GetWindowThreadProcessId"), u("SystemParametersInfoW"), u("GetSystemMetrics"),
			u("GetWindowRect"), u("ClientToScreen"), u("GetKeyState"), u("SetCapture"), u("ReleaseCapture"), u("TrackMouseEvent"),
			u("GetDpiForSystem"), u("SetProcessDpiAwarenessContext"), u("SetProcessDPIAware")},
		pasteAPI{u("OpenClipboard"), u("GetClipboardData"), u("CloseClipboard"), kernel.NewProc("GlobalLock"), kernel.NewProc("GlobalUnlock"), kernel.NewProc("GlobalSize")},
	}
}

// find tells what an old Windows does not have.
func (a *api) find() error {
	for _, proc := range []*windows.LazyProc{a.registerClass, a.create, a.get, a.begin, a.stretch, a.fromPoint, a.clientToScreen} {
		if err := proc.Find(); err != nil {
			return err
		}
	}
	return nil
}

// call keeps what its arguments point to in place, as LazyProc.Call does.
//
//go:uintptrescapes
func (*api) call(proc *windows.LazyProc, arguments ...uintptr) uintptr {
	result, _, _ := proc.Call(arguments...)
	return result
}

// windowClass is WNDCLASSEXW.
type windowClass struct {
	size, style              uint32
	procedure                uintptr
	classExtra, windowExtra  int32
	instance                 windows.Handle
	icon, cursor, background uintptr
	menuName, className      *uint16
	smallIcon                uintptr
}

// rect is RECT.
type rect struct{ left, top, right, bottom int32 }

func (r rect) rectangle() image.Rectangle {
	return image.Rect(int(r.left), int(r.top), int(r.right), int(r.bottom))
}

// point is POINT.
type point struct{ x, y int32 }

// message is MSG.
type message struct {
	window  uintptr
	kind    uint32
	w, l    uintptr
	time    uint32
	at      point
	private uint32
}

// paint is PAINTSTRUCT.
type paint struct {
	context uintptr
	_       [64]byte
}

// bitmap is BITMAPINFOHEADER.
type bitmap struct {
	size          uint32
	width, height int32
	planes, bits  uint16
	compression   uint32
	_             uint32
	_, _          int32
	_, _          uint32
}

// tracking is TRACKMOUSEEVENT.
type tracking struct {
	size, flags uint32
	window      uintptr
	hover       uint32
}

// Messages.
const (
	wmDestroy       = 0x0002
	wmSize          = 0x0005
	wmSetFocus      = 0x0007
	wmKillFocus     = 0x0008
	wmPaint         = 0x000F
	wmClose         = 0x0010
	wmEraseBack     = 0x0014
	wmMouseActivate = 0x0021
	wmKeyDown       = 0x0100
	wmChar          = 0x0102
	wmTimer         = 0x0113
	wmMouseMove     = 0x0200
	wmButtonDown    = 0x0201
	wmButtonUp      = 0x0202
	wmWheel         = 0x020A
	wmMouseLeave    = 0x02A3
	wmApp           = 0x8000 // ours: look into the orders
)

// Styles of windows.
const (
	styleCaption    = 0x00C00000
	styleSystemMenu = 0x00080000
	styleMinimise   = 0x00020000
	stylePopup      = 0x80000000

	extraTopmost    = 0x00000008
	extraToolWindow = 0x00000080
	extraNoActivate = 0x08000000
)
