// Package x11 captures the desktop, a screen or a window of an X server.
//
// What has changed is told by the server (DAMAGE), and only its rows are copied, by the server, into memory shared with it
// (MIT-SHM): a still screen costs nothing. A window has a picture of its own (Composite), which others do not cover.
package x11
