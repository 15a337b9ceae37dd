// Package wayland captures what the user lets it see in a session of Wayland.
//
// There a program sees no other's window. The desktop asks the user itself what to share (the ScreenCast portal, over D-Bus), shows
// as long as it is shared, and hands out the pictures through PipeWire.
package wayland
