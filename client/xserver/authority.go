package xserver

import (
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
)

const magicCookie = "MIT-MAGIC-COOKIE-1"

// authority finds the secret with which a program shows a local X server whose it is: in $XAUTHORITY, or the home folder.
// Without one the server is asked in the hope that it wants none.
func authority(display string) (name string, secret []byte) {
	path := os.Getenv("XAUTHORITY")
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", nil
		}
		path = filepath.Join(home, ".Xauthority")
	}
	file, err := os.Open(path)
	if err != nil {
		return "", nil
	}
	defer file.Close()
	host, err := os.Hostname()
	if err != nil {
		return "", nil
	}
	if secret := secretFor(file, host, display); secret != nil {
		return magicCookie, secret
	}
	return "", nil
}

// secretFor reads entries of family, address, display number, name of the protocol, and data (Xau's Xauth.h).
func secretFor(r io.Reader, host, display string) []byte {
	const local, wild = 256, 65535
	for {
		var family uint16
		if err := binary.Read(r, binary.BigEndian, &family); err != nil {
			return nil
		}
		var fields [4][]byte
		for i := range fields {
			var length uint16
			if err := binary.Read(r, binary.BigEndian, &length); err != nil {
				return nil
			}
			fields[i] = make([]byte, length)
			if _, err := io.ReadFull(r, fields[i]); err != nil {
				return nil
			}
		}
		here := family == wild || family == local && string(fields[0]) == host
		if shown := string(fields[1]); here && (shown == "" || shown == display) && string(fields[2]) == magicCookie {
			return fields[3]
		}
	}
}
