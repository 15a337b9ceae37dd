// Package darwin captures the screens of macOS through CoreGraphics, which is found when the program runs.
//
// It compiles, and has never been run: nobody who wrote it had a Mac. docs/testing-software.md says how to try it. What is known to be
// missing: single windows, and the pointer in the picture. The software has no windows of its own on macOS yet, and does not use it.
package darwin
