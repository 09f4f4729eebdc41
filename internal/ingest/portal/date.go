package portal

import (
	"fmt"
	"regexp"
	"strconv"
)

var saved = regexp.MustCompile(`^(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4}|\d{2}),?\p{Zs}+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\p{Zs}*(?:([AaPp])\.?\p{Zs}*[Mm]\.?)?$`)

// isoTime writes a time that a spreadsheet has saved as "31/01/2026 9:30" or "1/31/2026, 9:30:00 AM" in the order of
// ISO 8601; others stay as they are. Which of two small numbers is the day follows from the points between them, which
// nobody writes with the month first, or else from the language of the file.
func isoTime(text string, dayFirst bool) string {
	parts := saved.FindStringSubmatch(text)
	if parts == nil {
		return text
	}
	number := func(i int) int { n, _ := strconv.Atoi(parts[i]); return n }
	month, day, year, hour := number(1), number(3), number(4), number(5)
	if month > 12 || (dayFirst || parts[2] == ".") && day <= 12 {
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
	return fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d%sZ", year, month, day, hour, number(6), number(7), parts[8])
}
