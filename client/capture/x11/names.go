//go:build linux

package x11

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/shared/text"
)

// longestName is how many characters of a title or a program's name are of use.
const longestName = 200

// title is what a window calls itself, in today's property or in the old one.
func (l *lister) title(name, oldName xproto.GetPropertyCookie) string {
	now, old := l.raw(name), l.raw(oldName)
	if t := display(string(now.Value)); t != "" {
		return t
	}
	if old.Type == l.atoms["UTF8_STRING"] || old.Type != xproto.AtomString && utf8.Valid(old.Value) {
		return display(string(old.Value))
	}
	return display(latin1(old.Value))
}

// program is the second part of WM_CLASS, which names the program (ICCCM 4.1.2.5).
func (l *lister) program(class xproto.GetPropertyCookie) string {
	parts := bytes.Split(l.raw(class).Value, []byte{0})
	if len(parts) < 2 || len(parts[1]) == 0 {
		return display(latin1(parts[0]))
	}
	return display(latin1(parts[1]))
}

func (l *lister) raw(cookie xproto.GetPropertyCookie) *xproto.GetPropertyReply {
	reply, err := cookie.Reply()
	if err != nil || reply.Format != 8 {
		return &xproto.GetPropertyReply{}
	}
	return reply
}

// display is one line without characters that nobody sees: a web page chooses its window's title.
func display(s string) string {
	line := []rune(text.Line(strings.ToValidUTF8(s, "�")))
	return string(line[:min(len(line), longestName)])
}

// latin1 reads the encoding of STRING properties (ICCCM 2.7.1).
func latin1(b []byte) string {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}
