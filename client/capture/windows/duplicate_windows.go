package windows

import (
	"errors"
	"fmt"
	"image"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// duplication is a screen's picture of which the system tells when it has changed (Windows 8 and later): a still one costs
// nothing, and no change is missed. It belongs to one thread. Its picture has no pointer.
type duplication struct {
	device, context, output, staging *object
	desc                             textureDesc
	size                             image.Point
	pix                              []byte // the screen, once it is known
}

// object is one of COM, which begins with the table of its methods.
type object struct{ table *[methods]uintptr }

// result is an HRESULT: negative is a failure.
type result int32

func (r result) err(what string) error {
	if r >= 0 {
		return nil
	}
	return fmt.Errorf("%s: %#x", what, uint32(r))
}

//go:uintptrescapes
func (o *object) call(method int, arguments ...uintptr) result {
	r, _, _ := syscall.SyscallN(o.table[method], append([]uintptr{uintptr(unsafe.Pointer(o))}, arguments...)...)
	return result(r)
}

func (o *object) release() {
	if o != nil {
		o.call(methodRelease)
	}
}

// query is the same object by another interface.
func (o *object) query(id windows.GUID) (other *object, err error) {
	err = o.call(methodQuery, uintptr(unsafe.Pointer(&id)), uintptr(unsafe.Pointer(&other))).err("ask for an interface")
	return other, err
}

const mostAdapters = 16 // and as many outputs of each

// findScreen duplicates the screen of this name.
func findScreen(screen string) (d *duplication, err error) {
	err = errors.New("no adapter has this screen, or it is turned")
	listed := adapters(func(adapter *object) (more bool) {
		output := adapter.screen(screen)
		if output != nil {
			d, err = duplicate(adapter, output)
			output.release()
		}
		return output == nil
	})
	if listed != nil {
		return nil, listed
	}
	return d, err
}

// adapters shows each graphics adapter, while more are wanted.
func adapters(show func(adapter *object) (more bool)) error {
	create := windows.NewLazySystemDLL("dxgi.dll").NewProc("CreateDXGIFactory1")
	if err := create.Find(); err != nil {
		return err
	}
	var factory *object
	id := windows.GUID{Data1: 0x770aae78, Data2: 0xf26f, Data3: 0x4dba, Data4: [8]byte{0xa8, 0x29, 0x25, 0x3c, 0x83, 0xd1, 0xb3, 0x87}} // IDXGIFactory1
	made, _, _ := create.Call(uintptr(unsafe.Pointer(&id)), uintptr(unsafe.Pointer(&factory)))
	if err := result(made).err("list the adapters"); err != nil {
		return err
	}
	defer factory.release()
	for n, more := uintptr(0), true; more && n < mostAdapters; n++ {
		var adapter *object
		if factory.call(methodEnumAdapters, n, uintptr(unsafe.Pointer(&adapter))) < 0 {
			break
		}
		more = show(adapter)
		adapter.release()
	}
	return nil
}

// screen is the adapter's output of this name, upright: a turned one would have to be turned back.
func (o *object) screen(name string) *object {
	for n := range uintptr(mostAdapters) {
		var output *object
		if o.call(methodEnumOutputs, n, uintptr(unsafe.Pointer(&output))) < 0 {
			break
		}
		var desc outputDesc
		told := output.call(methodOutputDesc, uintptr(unsafe.Pointer(&desc)))
		if told >= 0 && windows.UTF16ToString(desc.Device[:]) == name && (desc.Rotation == rotationIdentity || desc.Rotation == rotationUnknown) {
			return output
		}
		output.release()
	}
	return nil
}

func duplicate(adapter, output *object) (*duplication, error) {
	var desc outputDesc
	if err := output.call(methodOutputDesc, uintptr(unsafe.Pointer(&desc))).err("describe the screen"); err != nil {
		return nil, err
	}
	d, err := newDuplication(adapter, desc.Desktop.rectangle().Size())
	if err != nil {
		return nil, err
	}
	if err := d.begin(output); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *duplication) begin(output *object) error {
	id := windows.GUID{Data1: 0x00cddea8, Data2: 0x939b, Data3: 0x4b83, Data4: [8]byte{0xa3, 0x40, 0xa6, 0x85, 0x22, 0x66, 0x66, 0xcc}} // IDXGIOutput1
	second, err := output.query(id)
	if err != nil {
		return err
	}
	defer second.release()
	return second.call(methodDuplicate, uintptr(unsafe.Pointer(d.device)), uintptr(unsafe.Pointer(&d.output))).err("duplicate the screen")
}

// newDuplication makes a device that can copy pictures of this size to where a processor reads them.
func newDuplication(adapter *object, size image.Point) (*duplication, error) {
	if size.X <= 0 || size.Y <= 0 || 4*size.X*size.Y > largest {
		return nil, fmt.Errorf("a screen of %v", size)
	}
	create := windows.NewLazySystemDLL("d3d11.dll").NewProc("D3D11CreateDevice")
	if err := create.Find(); err != nil {
		return nil, err
	}
	d := &duplication{size: size, desc: staging(size)}
	made, _, _ := create.Call(uintptr(unsafe.Pointer(adapter)), driverUnknown, 0, 0, 0, 0, d3d11Version,
		uintptr(unsafe.Pointer(&d.device)), 0, uintptr(unsafe.Pointer(&d.context)))
	if err := result(made).err("make a device"); err != nil {
		return nil, err
	}
	if err := d.device.call(methodCreateTexture, uintptr(unsafe.Pointer(&d.desc)), 0, uintptr(unsafe.Pointer(&d.staging))).err("make a texture"); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// take takes over what has changed since the last time: the picture, or the pointer, or nothing. After an error there is
// nothing more to be had: the screen shows something of another kind, in another mode, or nobody may see it.
func (d *duplication) take() (changed bool, err error) {
	var info frameInfo
	var resource *object
	got := d.output.call(methodAcquire, 0, uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&resource)))
	if uint32(got) == resultWaitTimeout {
		return false, nil
	}
	if err := got.err("take the screen"); err != nil {
		return false, err
	}
	defer d.output.call(methodReleaseFrame)
	defer resource.release()
	if info.LastPresent == 0 { // the pointer only; the first pictures may be empty
		return info.LastMouse != 0, nil
	}
	return true, d.read(resource)
}

func (d *duplication) read(resource *object) error {
	texture, err := resource.query(windows.GUID{Data1: 0x6f15aaf2, Data2: 0xd208, Data3: 0x4e89, Data4: [8]byte{0x9a, 0xb4, 0x48, 0x95, 0x35, 0xd3, 0x4f, 0x9c}}) // ID3D11Texture2D
	if err != nil {
		return err
	}
	defer texture.release()
	var desc textureDesc
	texture.call(methodTextureDesc, uintptr(unsafe.Pointer(&desc)))
	if !d.desc.copies(desc) {
		return fmt.Errorf("a screen of another kind: %+v", desc)
	}
	d.context.call(methodCopyResource, uintptr(unsafe.Pointer(d.staging)), uintptr(unsafe.Pointer(texture)))
	var mapped struct {
		data         *byte
		pitch, depth uint32
	}
	if err := d.context.call(methodMap, uintptr(unsafe.Pointer(d.staging)), 0, mapRead, 0, uintptr(unsafe.Pointer(&mapped))).err("read the screen"); err != nil {
		return err
	}
	defer d.context.call(methodUnmap, uintptr(unsafe.Pointer(d.staging)), 0)
	if int(mapped.pitch) < 4*d.size.X {
		return fmt.Errorf("rows of %d bytes", mapped.pitch)
	}
	if d.pix == nil {
		d.pix = make([]byte, 4*d.size.X*d.size.Y)
	}
	whole := int(mapped.pitch)*(d.size.Y-1) + 4*d.size.X
	rows(d.pix, unsafe.Slice(mapped.data, whole), int(mapped.pitch), d.size)
	runtime.KeepAlive(d)
	return nil
}

func (d *duplication) close() {
	for _, o := range []*object{d.staging, d.output, d.context, d.device} {
		o.release()
	}
}
