package dates

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestISO(t *testing.T) {
	for _, tt := range []struct {
		text     string
		dayFirst bool
		want     string
	}{
		{"2026-03-14T09:05:11Z", true, "2026-03-14T09:05:11Z"},
		{"3/4/2026, 9:05:11 AM", false, "2026-03-04T09:05:11Z"},
		{"3/4/2026, 9:05:11 AM", true, "2026-04-03T09:05:11Z"},
		{"3/14/2026, 12:05:11.25 AM", true, "2026-03-14T00:05:11.25Z"},
		{"3/14/2026, 12:05:11\u202fPM", false, "2026-03-14T12:05:11Z"},
		{"14/03/2026, 9:05:11 p.\u00a0m.", false, "2026-03-14T21:05:11Z"},
		{"4/4/26 9:05", false, "2026-04-04T09:05:00Z"},
		{"04.03.2026 09:05", false, "2026-03-04T09:05:00Z"},
		{"31-01-2026 23:05:00", false, "2026-01-31T23:05:00Z"},
		{"Nov 27, 2026 10:00:05 AM", true, "2026-11-27T10:00:05Z"},
		{"november 5, 2026, 12:00:05.5\u202fPM", true, "2026-11-05T12:00:05.5Z"},
		{"January 31, 2026 at 9:30 PM", false, "2026-01-31T21:30:00Z"},
		{"5 Sept 2026, 10:00:05", false, "2026-09-05T10:00:05Z"},
		{"05-Jan-26 10:00", false, "2026-01-05T10:00:00Z"},
		{"27 Now 2026 10:00:05", false, "27 Now 2026 10:00:05"},
		{"yesterday", false, "yesterday"},
	} {
		got, err := NewReader(nil, tt.dayFirst).ISO(tt.text)
		require.NoError(t, err, tt.text)
		require.Equal(t, tt.want, got, "%q, day first %v", tt.text, tt.dayFirst)
	}
}

// One date with a day past the twelfth tells for the whole file.
func TestOrderOfAFile(t *testing.T) {
	iso := func(r *Reader, text string) string {
		got, err := r.ISO(text)
		require.NoError(t, err, text)
		return got
	}
	day := NewReader([]byte("Date (UTC),User\n05/01/2026 10:11,Ada 1/2\n15/01/2026 10:11,Ada\n"), false)
	require.Equal(t, "2026-01-05T10:11:00Z", iso(day, "05/01/2026 10:11"))
	month := NewReader([]byte("Fecha (UTC),Usuario\n1/5/2026 10:11,Ada\n1/15/2026 10:11,Ada\n"), true)
	require.Equal(t, "2026-01-05T10:11:00Z", iso(month, "1/5/2026 10:11"))

	late := NewReader([]byte("Date (UTC),User\n05/01/2026 10:11,Ada\n"), false)
	_, err := late.ISO("05/01/2026 10:11")
	require.ErrorContains(t, err, "the date 05/01/2026 10:11 has the day first or the month")
	require.Equal(t, "2026-01-15T10:11:00Z", iso(late, "15/01/2026 10:11"))
	require.Equal(t, "2026-01-05T10:11:00Z", iso(late, "05/01/2026 10:11"))
}
