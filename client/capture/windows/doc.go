// Package windows captures the desktop, a screen or a window of Microsoft Windows, without C.
//
// Where the system duplicates a screen (DXGI 1.2), it tells what has changed. GDI, which draws everything else, tells nobody:
// pictures are taken thirty times a second while something moves, four times while all is still and nobody touches keyboard
// or pointer, and compared with the one before.
package windows
