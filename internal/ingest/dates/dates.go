// Package dates reads times as spreadsheets and portals write them for people: "31/01/2026 9:30", "1/31/2026, 9:30:00 AM".
package dates

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
)

const pattern = `(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4}|\d{2}),?\p{Zs}+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\p{Zs}*(?:([AaPp])\.?\p{Zs}*[Mm]\.?)?`

var (
	whole = regexp.MustCompile(`^` + pattern + `$`)
	cells = regexp.MustCompile(`(?m)(?:^|[,;\t"])` + pattern + `(?:[,;\t"\r]|$)`) // of a table
)

type order int

const (
	unknown order = iota
	monthFirst
	dayFirst
)

// Reader reads the dates of one file, all of which have the day first or the month.
type Reader struct{ order order }

// NewReader returns a reader for a table. Which comes first is told by its beginning if a date in it makes sense only one
// way, and else by its language: day says that this one has the day first.
func NewReader(beginning []byte, day bool) *Reader {
	for _, parts := range cells.FindAllSubmatch(beginning, -1) {
		first, _ := strconv.Atoi(string(parts[1]))
		second, _ := strconv.Atoi(string(parts[3]))
		if told := orderOf(first, second, string(parts[2])); told != unknown {
			return &Reader{told}
		}
	}
	if day {
		return &Reader{dayFirst}
	}
	return &Reader{}
}

// orderOf returns the only order in which a date makes sense. Nobody puts points behind a month that comes first.
func orderOf(first, second int, separator string) order {
	switch {
	case second > 12:
		return monthFirst
	case first > 12, separator == ".":
		return dayFirst
	}
	return unknown
}

// ISO writes a time in the order of ISO 8601; what has another form stays as it is. It returns an error if nothing in
// the file has told yet whether the day or the month comes first.
func (r *Reader) ISO(text string) (string, error) {
	parts := whole.FindStringSubmatch(text)
	if parts == nil {
		return text, nil
	}
	number := func(i int) int { n, _ := strconv.Atoi(parts[i]); return n }
	month, day, year, hour := number(1), number(3), number(4), number(5)
	told := orderOf(month, day, parts[2])
	switch {
	case told != unknown:
		r.order = cmp.Or(r.order, told)
	case r.order != unknown:
		told = r.order
	case parts[9] != "": // in English, most who write AM and PM write the month first, and so does Microsoft
		told = monthFirst
	case month != day:
		return "", fmt.Errorf("the date %s has the day first or the month, which nothing in the file tells: save the file with dates such as 2026-01-31 09:30, or export it as JSON", text)
	}
	if told == dayFirst {
		month, day = day, month
	}
	if year < 100 {
		year += 2000
	}
	switch parts[9] {
	case "A", "a":
		hour %= 12
	case "P", "p":
		hour = hour%12 + 12
	}
	return fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d%sZ", year, month, day, hour, number(6), number(7), parts[8]), nil
}
