package windows

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/shared/text"
)

const (
	mostWindows = 200
	smallest    = 16
	longestName = 200
)

// Sources lists the desktop, the screens, and the windows with the uppermost first.
func (s *System) Sources(ctx context.Context) (sources []capture.Source, err error) {
	s.api.aware(func() {
		sources = append(sources, capture.Source{ID: desktopID, Kind: capture.Desktop, Bounds: s.api.desktop()})
		screens := s.screens()
		for _, name := range slices.Sorted(maps.Keys(screens)) {
			sources = append(sources, capture.Source{ID: screenPrefix + name, Kind: capture.Screen, Title: text.Line(strings.TrimPrefix(name, `\\.\`)), Bounds: screens[name]})
		}
		for _, w := range s.windows() {
			if err = ctx.Err(); err != nil || len(sources) == mostWindows {
				return
			}
			if source, ok := s.source(hwnd(w)); ok {
				sources = append(sources, source)
			}
		}
	})
	return sources, err
}

// source describes a window, if it is one that has a place in the taskbar.
func (s *System) source(w hwnd) (capture.Source, bool) {
	a := s.api
	if a.user("IsWindowVisible", uintptr(w)) == 0 || a.cloaked(w) {
		return capture.Source{}, false
	}
	index := indexExtendedStyle
	style := a.user("GetWindowLongW", uintptr(w), uintptr(index))
	owned := a.user("GetWindow", uintptr(w), relatedOwner) != 0
	if style&styleToolWindow != 0 || owned && style&styleAppWindow == 0 {
		return capture.Source{}, false
	}
	var pid uint32
	a.user("GetWindowThreadProcessId", uintptr(w), uintptr(unsafe.Pointer(&pid)))
	title := s.title(w)
	if pid == s.pid || title == "" || s.class(w) == "Progman" {
		return capture.Source{}, false
	}
	source := capture.Source{ID: windowPrefix + strconv.FormatUint(uint64(uint32(w)), 16), Kind: capture.Window, Title: title, Program: program(pid), Bounds: a.visible(w), Minimised: a.minimised(w)}
	return source, source.Minimised || source.Bounds.Dx() >= smallest && source.Bounds.Dy() >= smallest
}

// title is what a window calls itself, without asking it: it may not answer.
func (s *System) title(w hwnd) string {
	var buf [longestWindowsTitle]uint16
	n := s.api.user("InternalGetWindowText", uintptr(w), uintptr(unsafe.Pointer(&buf)), uintptr(len(buf)))
	return display(windows.UTF16ToString(buf[:min(int(n), len(buf))]))
}

func (s *System) class(w hwnd) string {
	var buf [256]uint16
	n := s.api.user("GetClassNameW", uintptr(w), uintptr(unsafe.Pointer(&buf)), uintptr(len(buf)))
	return windows.UTF16ToString(buf[:min(int(n), len(buf))])
}

// program is the name of a process's file.
func program(pid uint32) string {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(process)
	var buf [windows.MAX_LONG_PATH]uint16
	length := uint32(len(buf))
	if err := windows.QueryFullProcessImageName(process, 0, &buf[0], &length); err != nil {
		return ""
	}
	name := filepath.Base(windows.UTF16ToString(buf[:length]))
	return display(strings.TrimSuffix(name, filepath.Ext(name)))
}

// display is one line without characters that nobody sees: a web page chooses its window's title.
func display(s string) string {
	line := []rune(text.Line(s))
	return string(line[:min(len(line), longestName)])
}
