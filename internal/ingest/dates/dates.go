// Package dates reads times as spreadsheets and portals write them for people: "31/01/2026 9:30",
// "1/31/2026, 9:30:00 AM", "31 Jan 2026 9:30".
package dates

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	date  = `(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4}|\d{2})`
	words = `(?:([A-Za-z]+)\.?\p{Zs}(\d{1,2})|(\d{1,2})[\p{Zs}-]([A-Za-z]+)\.?),?[\p{Zs}-](\d{4}|\d{2})(?:\p{Zs}at)?`
	clock = `,?\p{Zs}+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\p{Zs}*(?:([AaPp])\.?\p{Zs}*[Mm]\.?)?`
)

var (
	whole   = regexp.MustCompile(`^` + date + clock + `$`)
	inWords = regexp.MustCompile(`^` + words + clock + `$`)
	cells   = regexp.MustCompile(`(?m)(?:^|[,;\t"])` + date + clock + `(?:[,;\t"\r]|$)`) // of a table
)

type order int

const (
	unknown order = iota
	monthFirst
	dayFirst
)

// A Reader reads the dates of one file, all of which have the day first or the month.
type Reader struct{ order order }

// NewReader returns a reader for a table. Which comes first is told by its beginning if a date in it makes sense only
// one way, and else by its language: day says that this one has the day first.
func NewReader(beginning []byte, day bool) *Reader {
	for _, parts := range cells.FindAllSubmatch(beginning, -1) {
		if told := orderOf(number(string(parts[1])), number(string(parts[3])), string(parts[2])); told != unknown {
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
	if parts := inWords.FindStringSubmatch(text); parts != nil {
		if month := monthOf(parts[1] + parts[4]); month > 0 {
			return iso(number(parts[5]), month, number(parts[2]+parts[3]), parts[6:]), nil
		}
	}
	parts := whole.FindStringSubmatch(text)
	if parts == nil {
		return text, nil
	}
	month, day, clock := number(parts[1]), number(parts[3]), parts[5:]
	told := orderOf(month, day, parts[2])
	switch {
	case told != unknown:
		r.order = cmp.Or(r.order, told)
	case r.order != unknown:
		told = r.order
	case clock[4] != "": // in English, most who write AM and PM write the month first, and so does Microsoft
		told = monthFirst
	case month != day:
		return "", fmt.Errorf("the date %s has the day first or the month, which nothing in the file tells: save "+
			"the file with dates such as 2026-01-31 09:30, or export it as JSON", text)
	}
	if told == dayFirst {
		month, day = day, month
	}
	return iso(number(parts[4]), month, day, clock), nil
}

// monthOf returns the month that an English word or its first letters name; 0 if it names none.
func monthOf(word string) int {
	for month := time.January; month <= time.December && len(word) >= 3; month++ {
		if name := month.String(); len(word) <= len(name) && strings.EqualFold(word, name[:len(word)]) {
			return int(month)
		}
	}
	return 0
}

// iso writes a time. The clock is the hour, the minute, the second, its fraction, and the first letter of AM or PM.
func iso(year, month, day int, clock []string) string {
	if year < 100 {
		year += 2000
	}
	hour := number(clock[0])
	switch clock[4] {
	case "A", "a":
		hour %= 12
	case "P", "p":
		hour = hour%12 + 12
	}
	minute, second := number(clock[1]), number(clock[2])
	return fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d%sZ", year, month, day, hour, minute, second, clock[3])
}

// number returns the value of digits; 0 if there are none.
func number(digits string) int { n, _ := strconv.Atoi(digits); return n }
