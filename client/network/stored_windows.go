package network

import (
	"net"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// credentialPrefix begins the names under which the user's credentials have logins for proxies, as made by
// cmdkey /generic:coopnet-proxy:HOST /user:NAME /pass:PASSWORD
const credentialPrefix = "coopnet-proxy:"

// Stored are the logins for a proxy in the credentials of the user who has signed in, by its HOST:PORT and by its HOST.
func Stored(proxy string) (logins []Login) {
	names := []string{proxy}
	if host, _, err := net.SplitHostPort(proxy); err == nil {
		names = append(names, host)
	}
	for _, name := range names {
		if login, found := credential(credentialPrefix + name); found {
			logins = append(logins, login)
		}
	}
	return logins
}

// credentialRecord is CREDENTIALW.
type credentialRecord struct {
	flags, kind    uint32
	target         *uint16
	comment        *uint16
	written        windows.Filetime
	size           uint32
	blob           *byte
	persist        uint32
	attributeCount uint32
	attributes     uintptr
	alias          *uint16
	user           *uint16
}

const (
	genericCredential = 1       // CRED_TYPE_GENERIC
	maxCredential     = 5 * 512 // CRED_MAX_CREDENTIAL_BLOB_SIZE, in bytes
)

func credential(name string) (Login, bool) {
	dll := windows.NewLazySystemDLL("advapi32.dll")
	target, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return Login{}, false
	}
	var found *credentialRecord
	if ok, _, _ := dll.NewProc("CredReadW").Call(uintptr(unsafe.Pointer(target)), genericCredential, 0, uintptr(unsafe.Pointer(&found))); ok == 0 {
		return Login{}, false
	}
	defer dll.NewProc("CredFree").Call(uintptr(unsafe.Pointer(found)))
	if found.user == nil || found.size > maxCredential {
		return Login{}, false
	}
	var password []uint16 // a password that cmdkey or the control panel has stored
	if found.blob != nil {
		password = append(password, unsafe.Slice((*uint16)(unsafe.Pointer(found.blob)), found.size/2)...)
	}
	return Login{windows.UTF16PtrToString(found.user), string(utf16.Decode(password))}, true
}
