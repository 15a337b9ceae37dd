package standalone

import (
	"io/fs"

	"github.com/coopnet/coopnet/functions/brand"
)

// brandFiles are what a brand replaces of the portal's files; none without a folder.
func brandFiles(files fs.FS, folder string) (map[string][]byte, error) {
	if folder == "" {
		return nil, nil
	}
	over, err := brand.Read(folder, files)
	if err != nil {
		return nil, &Invalid{Setting: "brand", Detail: err.Error()}
	}
	return over, nil
}
