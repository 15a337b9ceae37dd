// Package windows captures the desktop, a screen or a window of Microsoft Windows, by GDI and without C.
//
// GDI tells nobody what was drawn: pictures are taken thirty times a second while something moves, four times while all is still and
// nobody touches keyboard or pointer, and compared with the one before.
package windows
