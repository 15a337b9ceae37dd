package xserver

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Motion tells when the pointer of a display moves, wherever it is, and at no cost while it rests. The X Input extension says so with events
// of varying length, which xgb cannot read: hence a connection of its own, which asks for them and nothing else.
type Motion struct {
	conn net.Conn
	read *bufio.Reader
	pace time.Duration
	done sync.WaitGroup
	stop chan struct{}
}

// The X protocol, and version 2 of the X Input extension.
const (
	isError, isReply, isGeneric = 0, 1, 35

	queryExtension   = 98
	xiSelectEvents   = 46
	xiQueryVersion   = 47
	xiAllMasters     = 1
	xiRawMotion      = 17
	dialPatience     = 5 * time.Second
	largestReply     = 1 << 20
	largestSetup     = 4 << 16
	extensionOfInput = "XInputExtension"
)

// WatchPointer calls moved when the pointer of a display has moved, at most once in pace, until Close. "" is $DISPLAY, as for Dial.
func WatchPointer(display string, pace time.Duration, moved func()) (*Motion, error) {
	if display == "" {
		display = os.Getenv("DISPLAY")
	}
	path, number, err := socketOf(display)
	if err != nil {
		return nil, err
	}
	conn, err := net.DialTimeout("unix", path, dialPatience)
	if err != nil {
		return nil, err
	}
	m := &Motion{conn: conn, read: bufio.NewReaderSize(conn, 16<<10), pace: pace, stop: make(chan struct{})}
	if err := m.ask(number); err != nil {
		conn.Close()
		return nil, fmt.Errorf("ask for the pointer's motion: %w", err)
	}
	m.done.Go(func() { m.tell(moved) })
	return m, nil
}

// Close ends the watch and waits for moved to return.
func (m *Motion) Close() error {
	close(m.stop)
	err := m.conn.Close()
	m.done.Wait()
	return err
}

func (m *Motion) tell(moved func()) {
	rest := time.NewTimer(m.pace)
	defer rest.Stop()
	for {
		kind, _, err := m.message()
		if err != nil {
			return
		}
		if kind&0x7f != isGeneric {
			continue
		}
		// A mouse reports a thousand times a second: its reports wait in the socket meanwhile, and are read together.
		for m.read.Buffered() >= 32 {
			if _, _, err := m.message(); err != nil {
				return
			}
		}
		moved()
		rest.Reset(m.pace)
		select {
		case <-rest.C:
		case <-m.stop:
			return
		}
	}
}

func (m *Motion) ask(display string) error {
	if err := m.conn.SetDeadline(time.Now().Add(dialPatience)); err != nil {
		return err
	}
	root, err := m.handshake(display)
	if err != nil {
		return err
	}
	named := binary.LittleEndian.AppendUint32(nil, uint32(len(extensionOfInput)))
	answer, err := m.call(request(queryExtension, 0, append(named, padded(extensionOfInput)...)))
	if err != nil {
		return err
	}
	if answer[8] == 0 {
		return errors.New("the X server has no " + extensionOfInput)
	}
	opcode := answer[9]
	// With 2.2 motion is told while another program holds the pointer, too.
	answer, err = m.call(request(opcode, xiQueryVersion, []byte{2, 0, 2, 0}))
	if err != nil {
		return err
	}
	if major := binary.LittleEndian.Uint16(answer[8:]); major < 2 {
		return fmt.Errorf("%s has version %d", extensionOfInput, major)
	}
	selected := binary.LittleEndian.AppendUint32(nil, root)
	selected = append(selected, 1, 0, 0, 0)                   // one mask
	selected = append(selected, xiAllMasters, 0, 1, 0)        // of one word
	selected = append(selected, 0, 0, 1<<(xiRawMotion-16), 0) // the bit of raw motion
	if _, err := m.conn.Write(request(opcode, xiSelectEvents, selected)); err != nil {
		return err
	}
	return m.conn.SetDeadline(time.Time{})
}

// handshake opens the connection and returns the first root window.
func (m *Motion) handshake(display string) (root uint32, err error) {
	name, secret := authority(display)
	hello := []byte{'l', 0, 11, 0, 0, 0}
	hello = binary.LittleEndian.AppendUint16(hello, uint16(len(name)))
	hello = binary.LittleEndian.AppendUint16(hello, uint16(len(secret)))
	hello = append(hello, 0, 0)
	hello = append(append(hello, padded(name)...), padded(string(secret))...)
	if _, err := m.conn.Write(hello); err != nil {
		return 0, err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(m.read, head); err != nil {
		return 0, err
	}
	setup := make([]byte, min(4*int(binary.LittleEndian.Uint16(head[6:])), largestSetup))
	if _, err := io.ReadFull(m.read, setup); err != nil {
		return 0, err
	}
	if head[0] != 1 {
		return 0, errors.New("the X server refuses the connection")
	}
	return firstRoot(setup)
}

// firstRoot reads the answer to the connection's setup behind its first eight bytes: the screens come after the vendor's name
// and the formats of pixmaps.
func firstRoot(setup []byte) (uint32, error) {
	if len(setup) < 32 {
		return 0, io.ErrUnexpectedEOF
	}
	at := 32 + (int(binary.LittleEndian.Uint16(setup[16:]))+3)&^3 + 8*int(setup[21])
	if len(setup) < at+4 {
		return 0, io.ErrUnexpectedEOF
	}
	return binary.LittleEndian.Uint32(setup[at:]), nil
}

// call sends a request and returns its reply.
func (m *Motion) call(request []byte) ([]byte, error) {
	if _, err := m.conn.Write(request); err != nil {
		return nil, err
	}
	for {
		kind, message, err := m.message()
		switch {
		case err != nil:
			return nil, err
		case kind == isError:
			return nil, fmt.Errorf("error %d of the X server", message[1])
		case kind == isReply:
			return message, nil
		}
	}
}

// message reads an event, an error or a reply: its first 32 bytes; what more there is nobody here needs.
func (m *Motion) message() (kind byte, message []byte, err error) {
	message = make([]byte, 32)
	if _, err := io.ReadFull(m.read, message); err != nil {
		return 0, nil, err
	}
	kind = message[0]
	if kind == isReply || kind&0x7f == isGeneric {
		more := binary.LittleEndian.Uint32(message[4:])
		if more > largestReply {
			return 0, nil, fmt.Errorf("a message of %d words", more)
		}
		if _, err := m.read.Discard(4 * int(more)); err != nil {
			return 0, nil, err
		}
	}
	return kind, message, nil
}

func request(opcode, minor byte, body []byte) []byte {
	return append(binary.LittleEndian.AppendUint16([]byte{opcode, minor}, uint16(1+len(body)/4)), body...)
}

func padded(s string) []byte { return append([]byte(s), make([]byte, -len(s)&3)...) }

// socketOf is where the server of a local display listens.
func socketOf(display string) (path, number string, err error) {
	host, rest, found := cutLast(strings.TrimPrefix(display, "unix/"), ':')
	number, _, _ = strings.Cut(rest, ".")
	if _, malformed := strconv.Atoi(number); !found || malformed != nil {
		return "", "", fmt.Errorf("malformed display %q", display)
	}
	switch {
	case host == "" || host == "unix":
		return "/tmp/.X11-unix/X" + number, number, nil
	case strings.HasPrefix(host, "/"):
		return host + ":" + number, number, nil
	}
	return "", "", fmt.Errorf("display %q is another machine's", display)
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}
