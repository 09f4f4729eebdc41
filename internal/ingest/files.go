package ingest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Files returns sources for paths: files, folders with all that is in and below them except what begins with a dot, and
// "-" for what is piped in. Their sizes add up to total, which is 0 if one of them has none. The file at except, to
// which rejects go, is left out. What cannot be read in a folder is a source that cannot be opened.
func Files(paths []string, in io.Reader, except string) (sources []Source, total int64, err error) {
	rejects, _ := os.Stat(except)
	measured := true
	add := func(path string, info fs.FileInfo) {
		if rejects != nil && os.SameFile(rejects, info) {
			return
		}
		total += info.Size()
		measured = measured && info.Mode().IsRegular()
		sources = append(sources, Source{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }})
	}
	for _, path := range paths {
		if path == "-" {
			measured = false
			sources = append(sources, Source{Name: "standard input",
				Open: func() (io.ReadCloser, error) { return piped(in), nil }})
			continue
		}
		if path == "" {
			return nil, 0, errors.New("a path is empty: name a file, a folder, or - for standard input")
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, 0, err
		}
		if !info.IsDir() {
			add(path, info)
			continue
		}
		// Behind the separator, a link is the folder that it leads to.
		err = filepath.WalkDir(path+string(filepath.Separator), func(path string, entry fs.DirEntry, err error) error {
			var info fs.FileInfo
			if err == nil {
				name := entry.Name()
				switch hidden := strings.HasPrefix(name, ".") && name != "." && name != ".."; {
				case hidden && entry.IsDir():
					return filepath.SkipDir
				case hidden, entry.IsDir():
					return nil
				}
				info, err = os.Stat(path) // also through a link
			}
			switch {
			case err != nil: // keeps nothing else from being imported
				sources = append(sources, Source{Name: path, Open: func() (io.ReadCloser, error) { return nil, err }})
			case info.Mode().IsRegular():
				add(path, info)
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	if !measured {
		total = 0
	}
	return sources, total, nil
}

// piped returns a reader that can be closed while a read waits for input.
func piped(in io.Reader) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		w.CloseWithError(err)
	}()
	return r
}
