// Package windows captures the desktop, a screen or a window of Microsoft Windows, by GDI and without C.
//
// GDI tells nobody what was drawn: pictures are taken thirty times a second while something moves, fewer while all is still, and compared
// with the one before.
package windows
