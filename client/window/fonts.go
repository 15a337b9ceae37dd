package window

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// largestFont bounds what is read of a font of the system; those of Chinese have 20 MB.
const largestFont = 40 << 20

// SystemFonts reads the system's own fonts for scripts that the built-in ones do not have: names of conferences, of people
// and of windows come in every script. They are drawn letter by letter from left to right: scripts that join letters or go
// the other way can be recognised, not read well.
func SystemFonts() [][]byte {
	var files [][]byte
	for _, path := range fontPaths() {
		if file, err := readFont(path); err == nil {
			files = append(files, file)
		}
	}
	return files
}

func readFont(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, largestFont))
}

func fontPaths() []string {
	if runtime.GOOS == "windows" {
		var paths []string
		for _, name := range []string{"segoeui.ttf", "msyh.ttc", "YuGothR.ttc", "malgun.ttf", "Nirmala.ttf", "seguisym.ttf"} {
			paths = append(paths, filepath.Join(os.Getenv("WINDIR"), "Fonts", name))
		}
		return paths
	}
	const folder = "/usr/share/fonts/"
	return []string{
		folder + "truetype/dejavu/DejaVuSans.ttf",
		folder + "opentype/noto/NotoSansCJK-Regular.ttc",
		folder + "truetype/noto/NotoSansDevanagari-Regular.ttf",
		folder + "truetype/droid/DroidSansFallbackFull.ttf",
		folder + "truetype/wqy/wqy-zenhei.ttc",
		folder + "google-noto-cjk/NotoSansCJK-Regular.ttc", // Fedora and its relatives
		folder + "dejavu-sans-fonts/DejaVuSans.ttf",
	}
}
