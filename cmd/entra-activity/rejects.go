package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
)

// rejectsFile is made when the first record is refused. What it has already is not added again: many import the same
// folder again and again.
type rejectsFile struct {
	path    string
	file    *os.File
	seed    maphash.Seed
	noted   map[uint64]bool // lines, by their hash
	refused int
	reasons map[string]*reason // the first maxReasons: some quote what was refused
}

const maxReasons = 1000

// reason says how often something was refused for one.
type reason struct {
	n     int
	first string // file and line
}

func (f *rejectsFile) add(r ingest.Refusal) error {
	if f.file == nil {
		if err := f.open(); err != nil {
			return fmt.Errorf("what is refused cannot be noted: %w; name another file with --rejects", err)
		}
	}
	noted := ingest.Reject{Source: r.Source, Line: r.Line, Reason: r.Reason, Record: &r.Text}
	if r.Kind != nil {
		noted.Kind = r.Kind.Name
	}
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(noted); err != nil {
		return err
	}
	f.refused++
	why := f.reasons[r.Reason]
	if why == nil && len(f.reasons) < maxReasons {
		first := r.Source
		if r.Line > 0 {
			first += fmt.Sprintf(":%d", r.Line)
		}
		why = &reason{first: first}
		f.reasons[r.Reason] = why
	}
	if why != nil {
		why.n++
	}
	hash := maphash.Bytes(f.seed, line.Bytes())
	if f.noted[hash] {
		return nil
	}
	f.noted[hash] = true
	_, err := f.file.Write(line.Bytes())
	return err
}

func (f *rejectsFile) open() error {
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600) // it names people
	if err != nil {
		return err
	}
	f.file, f.seed, f.noted, f.reasons = file, maphash.MakeSeed(), map[uint64]bool{}, map[string]*reason{}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return err
	}
	for lines := bufio.NewReader(file); ; {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		f.noted[maphash.Bytes(f.seed, line)] = true
	}
}

// report says what was refused most, and why.
func (f *rejectsFile) report(w io.Writer) {
	if f.refused == 0 {
		return
	}
	reasons := slices.SortedFunc(maps.Keys(f.reasons), func(a, b string) int {
		return cmp.Or(f.reasons[b].n-f.reasons[a].n, strings.Compare(a, b))
	})
	fmt.Fprintf(w, "%s refused and noted in %s:\n", grouped(f.refused), f.path)
	others := f.refused
	for _, text := range reasons[:min(5, len(reasons))] {
		why := f.reasons[text]
		fmt.Fprintf(w, "%12s  %s (%s)\n", grouped(why.n), text, why.first)
		others -= why.n
	}
	if others > 0 {
		fmt.Fprintf(w, "%12s  for other reasons\n", grouped(others))
	}
}

func (f *rejectsFile) close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}
