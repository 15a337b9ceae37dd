package windows

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// TestHeaders has a C compiler compare what is written here of DXGI and Direct3D with the system's headers.
func TestHeaders(t *testing.T) {
	const compiler = "x86_64-w64-mingw32-gcc"
	if _, err := exec.LookPath(compiler); err != nil {
		t.Skipf("no %s here, which has the headers: make package-test", compiler)
	}
	source := bytes.NewBufferString("#define CINTERFACE\n#define INITGUID\n#include <stddef.h>\n#include <d3d11.h>\n#include <dxgi1_2.h>\n")
	same := func(c string, here uintptr) {
		fmt.Fprintf(source, "_Static_assert(%s == %d, \"%s\");\n", c, here, strings.ReplaceAll(c, `"`, ""))
	}
	for method, place := range map[string]uintptr{
		"IUnknown.QueryInterface": methodQuery, "IUnknown.Release": methodRelease, "IDXGIFactory1.EnumAdapters1": methodEnumAdapters,
		"IDXGIAdapter1.EnumOutputs": methodEnumOutputs, "IDXGIOutput.GetDesc": methodOutputDesc, "IDXGIOutput1.DuplicateOutput": methodDuplicate,
		"IDXGIOutputDuplication.AcquireNextFrame": methodAcquire, "IDXGIOutputDuplication.ReleaseFrame": methodReleaseFrame,
		"ID3D11Device.CreateTexture2D": methodCreateTexture, "ID3D11Texture2D.GetDesc": methodTextureDesc, "ID3D11DeviceContext.Map": methodMap,
		"ID3D11DeviceContext.Unmap": methodUnmap, "ID3D11DeviceContext.CopyResource": methodCopyResource,
	} {
		if place >= methods {
			t.Errorf("%s is beyond the table", method)
		}
		owner, name, _ := strings.Cut(method, ".")
		same("offsetof(struct "+owner+"Vtbl, "+name+")", 8*place)
	}
	for constant, here := range map[string]uintptr{
		"D3D11_SDK_VERSION": d3d11Version, "D3D_DRIVER_TYPE_UNKNOWN": driverUnknown, "D3D11_USAGE_STAGING": usageStaging, "D3D11_CPU_ACCESS_READ": accessRead,
		"D3D11_MAP_READ": mapRead, "DXGI_FORMAT_B8G8R8A8_UNORM": formatBGRA, "DXGI_MODE_ROTATION_UNSPECIFIED": rotationUnknown,
		"DXGI_MODE_ROTATION_IDENTITY": rotationIdentity, "(unsigned)DXGI_ERROR_WAIT_TIMEOUT": resultWaitTimeout,
	} {
		same(constant, here)
	}
	var o outputDesc
	var f frameInfo
	var d textureDesc
	for size, here := range map[string]uintptr{
		"sizeof(DXGI_OUTPUT_DESC)": unsafe.Sizeof(o), "offsetof(DXGI_OUTPUT_DESC, DesktopCoordinates)": unsafe.Offsetof(o.Desktop),
		"offsetof(DXGI_OUTPUT_DESC, Rotation)": unsafe.Offsetof(o.Rotation), "sizeof(DXGI_OUTDUPL_FRAME_INFO)": unsafe.Sizeof(f),
		"offsetof(DXGI_OUTDUPL_FRAME_INFO, LastMouseUpdateTime)": unsafe.Offsetof(f.LastMouse),
		"sizeof(D3D11_TEXTURE2D_DESC)":                           unsafe.Sizeof(d), "offsetof(D3D11_TEXTURE2D_DESC, Format)": unsafe.Offsetof(d.Format),
		"offsetof(D3D11_TEXTURE2D_DESC, SampleDesc.Count)": unsafe.Offsetof(d.SampleCount), "offsetof(D3D11_TEXTURE2D_DESC, Usage)": unsafe.Offsetof(d.Usage),
		"offsetof(D3D11_TEXTURE2D_DESC, CPUAccessFlags)": unsafe.Offsetof(d.Access), "sizeof(D3D11_MAPPED_SUBRESOURCE)": 16, "offsetof(D3D11_MAPPED_SUBRESOURCE, RowPitch)": 8,
	} {
		same(size, here)
	}
	file := filepath.Join(t.TempDir(), "headers.c")
	if err := os.WriteFile(file, source.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), compiler, "-std=c11", "-fsyntax-only", file).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestCopies(t *testing.T) {
	screen := staging(image.Pt(3, 2))
	screen.Usage, screen.Access, screen.Bind = 0, 0, 0x28 // as the system's own
	if !staging(image.Pt(3, 2)).copies(screen) || staging(image.Pt(2, 3)).copies(screen) {
		t.Error("the size counts, and not what it is for")
	}
	screen.Format = 10 // half floats
	if staging(image.Pt(3, 2)).copies(screen) {
		t.Error("of another format")
	}
	from := []byte("aaaabbbbcccc....ddddeeeeffff")
	to := make([]byte, 24)
	rows(to, from, 16, image.Pt(3, 2))
	if string(to) != "aaaabbbbccccddddeeeeffff" {
		t.Errorf("%s", to)
	}
}

func TestAgain(t *testing.T) {
	var a again
	now := time.Unix(1000, 0)
	if !a.due(now) {
		t.Error("the first time is now")
	}
	var waits []time.Duration
	for range 8 {
		a.failed(now)
		began := now
		for !a.due(now) {
			now = now.Add(100 * time.Millisecond)
		}
		waits = append(waits, now.Sub(began))
	}
	if waits[0] != time.Second || waits[1] != 2*time.Second || waits[6] != time.Minute || waits[7] != time.Minute {
		t.Errorf("tried after %v", waits)
	}
	a.worked()
	if a.failed(now); a.wait != time.Second {
		t.Errorf("after a success: %v", a.wait)
	}
}
