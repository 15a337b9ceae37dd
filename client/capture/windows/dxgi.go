package windows

import "image"

// What desktop duplication needs of DXGI 1.2 and Direct3D 11, as in the system's headers: a test has a C compiler compare them.

// Methods of COM's objects, by their places in the table.
const (
	methodQuery   = 0 // IUnknown
	methodRelease = 2

	methodEnumAdapters = 12 // IDXGIFactory1::EnumAdapters1
	methodEnumOutputs  = 7  // IDXGIAdapter1
	methodOutputDesc   = 7  // IDXGIOutput::GetDesc
	methodDuplicate    = 22 // IDXGIOutput1::DuplicateOutput
	methodAcquire      = 8  // IDXGIOutputDuplication::AcquireNextFrame
	methodReleaseFrame = 14

	methodCreateTexture = 5  // ID3D11Device::CreateTexture2D
	methodTextureDesc   = 10 // ID3D11Texture2D::GetDesc
	methodMap           = 14 // ID3D11DeviceContext
	methodUnmap         = 15
	methodCopyResource  = 47

	methods = 48 // that are looked at, at most
)

const (
	d3d11Version      = 7       // D3D11_SDK_VERSION
	driverUnknown     = 0       // D3D_DRIVER_TYPE_UNKNOWN: that of the adapter
	usageStaging      = 3       // D3D11_USAGE_STAGING
	accessRead        = 0x20000 // D3D11_CPU_ACCESS_READ
	mapRead           = 1       // D3D11_MAP_READ
	formatBGRA        = 87      // DXGI_FORMAT_B8G8R8A8_UNORM, which duplication always has
	rotationUnknown   = 0       // DXGI_MODE_ROTATION_UNSPECIFIED
	rotationIdentity  = 1       // DXGI_MODE_ROTATION_IDENTITY
	resultWaitTimeout = 0x887A0027
)

// rect is RECT.
type rect struct{ Left, Top, Right, Bottom int32 }

type hmonitor uintptr // a handle

// outputDesc is DXGI_OUTPUT_DESC.
type outputDesc struct {
	Device   [32]uint16
	Desktop  rect
	Attached uint32
	Rotation uint32
	Monitor  hmonitor
}

// frameInfo is DXGI_OUTDUPL_FRAME_INFO.
type frameInfo struct {
	LastPresent, LastMouse            int64
	Accumulated, Coalesced, MaskedOut uint32
	PointerX, PointerY                int32
	PointerVisible                    uint32
	MetadataSize, ShapeSize           uint32
}

// textureDesc is D3D11_TEXTURE2D_DESC.
type textureDesc struct {
	Width, Height, Mips, Array, Format uint32
	SampleCount, SampleQuality         uint32
	Usage, Bind, Access, Misc          uint32
}

func staging(size image.Point) textureDesc {
	return textureDesc{Width: uint32(size.X), Height: uint32(size.Y), Mips: 1, Array: 1, Format: formatBGRA, SampleCount: 1, Usage: usageStaging, Access: accessRead}
}

// copies reports whether one is a picture of the other: what is copied as a whole must have the same size and format.
func (d textureDesc) copies(other textureDesc) bool {
	return d.Width == other.Width && d.Height == other.Height && d.Format == other.Format && d.Mips == other.Mips && d.Array == other.Array &&
		d.SampleCount == other.SampleCount
}

// rows copies a picture whose rows are pitch bytes apart into one that has nothing between them.
func rows(to, from []byte, pitch int, size image.Point) {
	for y := range size.Y {
		copy(to[4*size.X*y:4*size.X*(y+1)], from[pitch*y:])
	}
}
