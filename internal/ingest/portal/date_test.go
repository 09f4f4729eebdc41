package portal

import "testing"

func TestISOTime(t *testing.T) {
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
		{"3/4/26 9:05", false, "2026-03-04T09:05:00Z"},
		{"04.03.2026 09:05", false, "2026-03-04T09:05:00Z"},
		{"31-01-2026 23:05:00", false, "2026-01-31T23:05:00Z"},
		{"yesterday", false, "yesterday"},
	} {
		if got := isoTime(tt.text, tt.dayFirst); got != tt.want {
			t.Errorf("%q, day first %v: got %s, want %s", tt.text, tt.dayFirst, got, tt.want)
		}
	}
}
