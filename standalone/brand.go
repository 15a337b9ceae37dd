package standalone

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/coopnet/coopnet/functions/brand"
)

// brandFiles are what a brand replaces of the portal's files; none without a folder.
func brandFiles(files fs.FS, folder string) (map[string][]byte, error) {
	if folder == "" {
		return nil, nil
	}
	over, err := Brand(files, folder)
	if err != nil {
		return nil, &Invalid{Setting: "brand", Detail: err.Error()}
	}
	return over, nil
}

// Brand reads the brand in a folder, and gives the files of the portal that it replaces, by their path.
func Brand(files fs.FS, folder string) (map[string][]byte, error) {
	b, err := brand.Load(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	index, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return nil, fmt.Errorf("this program was built without the portal: run `make build`")
	}
	return b.Files(index)
}
