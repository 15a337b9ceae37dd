package network

import (
	"fmt"
	"net/url"
	"unsafe"

	"golang.org/x/sys/windows"
)

// System returns the proxy of the user's settings: a script that WinHTTP runs, or fixed servers. The environment, which
// other programs may have filled, does not count on Windows.
func System(func(string) string) func(*url.URL) (*url.URL, error) {
	w := winHTTP{dll: windows.NewLazySystemDLL("winhttp.dll")}
	return w.proxy
}

// winHTTP asks the system; its settings may change while the software runs, so they are read each time, see proxies.
type winHTTP struct{ dll *windows.LazyDLL }

// userProxy is WINHTTP_CURRENT_USER_IE_PROXY_CONFIG.
type userProxy struct {
	autoDetect            int32
	script, proxy, bypass *uint16
}

// scriptOptions is WINHTTP_AUTOPROXY_OPTIONS.
type scriptOptions struct {
	flags, detect uint32
	script        *uint16
	reserved      uintptr
	reserved2     uint32
	autoLogon     int32
}

// scriptAnswer is WINHTTP_PROXY_INFO.
type scriptAnswer struct {
	access        uint32
	proxy, bypass *uint16
}

const (
	autoDetect   = 1 // WINHTTP_AUTOPROXY_AUTO_DETECT
	configURL    = 2 // WINHTTP_AUTOPROXY_CONFIG_URL
	detectDHCP   = 1
	detectDNS    = 2
	withoutProxy = 1 // WINHTTP_ACCESS_TYPE_NO_PROXY
	namedProxy   = 3 // WINHTTP_ACCESS_TYPE_NAMED_PROXY
)

func (w winHTTP) proxy(target *url.URL) (*url.URL, error) {
	var user userProxy
	if ok, _, _ := w.dll.NewProc("WinHttpGetIEProxyConfigForCurrentUser").Call(uintptr(unsafe.Pointer(&user))); ok == 0 {
		return nil, nil // no settings: no proxy
	}
	defer free(user.script, user.proxy, user.bypass)
	if user.script != nil || user.autoDetect != 0 {
		s, found, err := w.run(user, target)
		if err == nil && found {
			return s.proxy(target)
		}
		// A script that cannot be had, as that of a company outside of it, is none: browsers go on as well.
	}
	return settings{windows.UTF16PtrToString(user.proxy), windows.UTF16PtrToString(user.bypass)}.proxy(target)
}

// run asks the script for this address.
func (w winHTTP) run(user userProxy, target *url.URL) (s settings, found bool, err error) {
	agent, err := windows.UTF16PtrFromString("coopnet-client")
	if err != nil {
		return s, false, err
	}
	session, _, cause := w.dll.NewProc("WinHttpOpen").Call(uintptr(unsafe.Pointer(agent)), withoutProxy, 0, 0, 0)
	if session == 0 {
		return s, false, fmt.Errorf("open WinHTTP: %w", cause)
	}
	defer w.dll.NewProc("WinHttpCloseHandle").Call(session)
	address, err := windows.UTF16PtrFromString(target.String())
	if err != nil {
		return s, false, err
	}
	options := scriptOptions{flags: configURL, script: user.script}
	if user.script == nil {
		options = scriptOptions{flags: autoDetect, detect: detectDHCP | detectDNS}
	}
	var answer scriptAnswer
	ok, _, cause := w.dll.NewProc("WinHttpGetProxyForUrl").Call(session, uintptr(unsafe.Pointer(address)), uintptr(unsafe.Pointer(&options)), uintptr(unsafe.Pointer(&answer)))
	if ok == 0 {
		return s, false, fmt.Errorf("run the proxy's script: %w", cause)
	}
	defer free(answer.proxy, answer.bypass)
	if answer.access != namedProxy {
		return s, true, nil
	}
	return settings{windows.UTF16PtrToString(answer.proxy), windows.UTF16PtrToString(answer.bypass)}, true, nil
}

func free(texts ...*uint16) {
	global := windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalFree")
	for _, text := range texts {
		if text != nil {
			_, _, _ = global.Call(uintptr(unsafe.Pointer(text))) // what is not freed is lost: nothing to do about it
		}
	}
}
