package portal

import (
	"fmt"
	"regexp"
	"strconv"
)

var saved = regexp.MustCompile(`^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}),? +(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)? *([AaPp][Mm])?$`)

// isoTime writes a time that a spreadsheet has saved as "31/01/2026 9:30" or "1/31/2026, 9:30:00 AM" in the order of
// ISO 8601; others stay as they are. Which of two small numbers is the day follows from the language of the file.
func isoTime(text string, dayFirst bool) string {
	parts := saved.FindStringSubmatch(text)
	if parts == nil {
		return text
	}
	number := func(i int) int { n, _ := strconv.Atoi(parts[i]); return n }
	month, day, hour := number(1), number(2), number(4)
	if month > 12 || dayFirst && day <= 12 {
		month, day = day, month
	}
	switch parts[8] {
	case "AM", "am":
		hour %= 12
	case "PM", "pm":
		hour = hour%12 + 12
	}
	return fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d%sZ", number(3), month, day, hour, number(5), number(6), parts[7])
}
