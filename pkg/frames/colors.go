package frames

import (
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// The colors of outcomes and risks, the same everywhere. The color-blind can tell them apart, on light and on dark
// backgrounds: https://jfly.uni-koeln.de/color/
const (
	Green  = "#009E73"
	Red    = "#D55E00"
	Amber  = "#F0B400"
	Blue   = "#56B4E9"
	Purple = "#CC79A7"
	Gray   = "#BDBDBD"
)

var (
	statusColors = map[string]string{
		activity.Success: Green, activity.Failure: Red, activity.Interrupted: Amber,
		activity.Skipped: Gray, activity.Warning: Blue, activity.Timeout: Purple,
	}
	riskColors = map[string]string{"low": Blue, "medium": Amber, "high": Red}
)

// valueColors returns the color of each value of a field; nil for fields whose values have none.
func valueColors(f *activity.Field) map[string]string {
	switch {
	case f.Name == "status":
		return statusColors
	case strings.HasPrefix(f.Name, "riskLevel"):
		return riskColors
	}
	return nil
}
